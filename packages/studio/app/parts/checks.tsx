/** @file Requirements kept, missed or undecided: by a symbol and a word, never by colour alone. */
import { bound, inUnit, marks, subject } from "@split-et-impera/charts";
import type { Check } from "@split-et-impera/core/design";

/** A row of symbols, for tables. */
export function CheckMarks({ checks }: { checks: readonly Check[] }) {
  return (
    <span className="checkmarks">
      {checks.map(({ requirement, state, value }) => (
        <span
          key={requirement.text}
          className={state}
          title={`${requirement.text}: ${state} with ${inUnit(requirement.metric, value)}`}
        >
          <span aria-hidden="true">{marks[state]}</span>
          <span className="hidden">
            {requirement.text} {state},{" "}
          </span>
        </span>
      ))}
    </span>
  );
}

/** A line for each requirement, with the value and how far it is from the bound. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  return (
    <ul className="checklist">
      {checks.map(({ requirement, state, value }) => (
        <li key={requirement.text} className={state}>
          <span className="what">
            <b aria-hidden="true">{marks[state]}</b> {subject(requirement)}
          </span>
          <strong>{inUnit(requirement.metric, value)}</strong>
          <span className="soft">
            {bound(requirement)} · {state}
          </span>
        </li>
      ))}
    </ul>
  );
}
