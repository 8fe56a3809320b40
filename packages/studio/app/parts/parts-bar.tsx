/** @file Where a frame's time goes: the parts of the mean latency as a bar, with their numbers. */
import { seconds } from "@split-et-impera/charts";
import { partNames, type LatencyParts } from "@split-et-impera/core/design";

/** In the order in which a frame meets them. */
export const partList: readonly (keyof LatencyParts)[] = [...partNames.slice(0, 2), "queue", ...partNames.slice(2)];

const words: Partial<Record<keyof LatencyParts, string>> = { queue: "waiting", wire: "on the wire", middle: "between" };

/** @param longest seconds that the whole width stands for */
export function PartsBar({ parts, longest }: { parts: LatencyParts; longest: number }) {
  const shown = partList.filter((part) => parts[part] > 0);
  return (
    <>
      <div className="partsbar" aria-hidden="true">
        {shown.map((part) => (
          <i
            key={part}
            style={{ width: `${(100 * parts[part]) / longest}%`, background: `var(--part-${part})` }}
            title={`${words[part] ?? part} ${seconds(parts[part])}`}
          />
        ))}
      </div>
      <ul className="partslist">
        {shown.map((part) => (
          <li key={part}>
            <i style={{ background: `var(--part-${part})` }} />
            {words[part] ?? part} <b>{seconds(parts[part])}</b>
          </li>
        ))}
      </ul>
    </>
  );
}
