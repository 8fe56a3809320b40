/** @file Changes to link, hosts and frames: simulated in the page at once, by the code and the seeds of the study. */
import { canSimulate, type Result } from "@split-et-impera/core/design";
import type { Context } from "@split-et-impera/charts";
import { useEffect, useMemo, useRef, useState } from "react";
import "../../parts/parts.css";
import { Empty } from "../../shell/state.tsx";
import { useScan } from "../../simulation/use-scan.ts";
import { useWhatIf } from "../../simulation/use-what-if.ts";
import type { OpenResult } from "../../store/results.ts";
import { change, usePlace } from "../../store/url.ts";
import { AllDesigns } from "./all-designs.tsx";
import { Answer, Brief } from "./answer.tsx";
import { circumstancesOf, stateIn, studyChanges, type WhatIfState } from "./changes.ts";
import { codecChoice, inCodec } from "./codecs.ts";
import { quantitiesOf, valueAt, type Quantity } from "./quantities.ts";
import { Save } from "./save.tsx";
import { Slider } from "./slider.tsx";
import "./what-if.css";

export default function WhatIf({ result, context }: OpenResult) {
  if (!canSimulate(result))
    return (
      <Empty title="This result does not hold what a simulation needs">
        <p>It was written by an older version. Run its study again: what has not changed comes from the cache.</p>
      </Empty>
    );
  return <Bench result={result} context={context} />;
}

/** Places of a slider that are looked at for changes of the answer, the middle ones first. */
const scanPlaces = [0.5, 0, 1, 0.25, 0.75, 0.125, 0.375, 0.625, 0.875];

const protections = ["none", "auto", "xor 4", "xor 2", "reed-solomon 2", "reed-solomon 4", "repeat 2"];

function Bench({ result, context }: { result: Result; context: Context }) {
  const { query } = usePlace();
  const quantities = useMemo(() => quantitiesOf(result), [result]);
  const codecs = useMemo(() => codecChoice(result.designs), [result]);
  const { state, move, reset } = useChanges(quantities, codecs);
  const considered = useMemo(() => inCodec(result.designs, state.codec).map(({ id }) => id), [result, state.codec]);
  const asked = considered.find((id) => id === query.get("design"));
  const key = JSON.stringify(state);
  const circumstances = useMemo(() => circumstancesOf(result, quantities, state), [result, key]);
  const recommended = useRef(result.verdict.recommended ?? result.verdict.nearest?.id);
  const { now, whole } = useWhatIf(result, considered, circumstances, asked ?? recommended.current);
  const answered = now.circumstances === circumstances && now.verdict !== undefined;
  const latest = answered ? now : whole;
  if (latest?.verdict) recommended.current = latest.verdict.recommended ?? latest.verdict.nearest?.id;
  const shownId = asked ?? recommended.current;
  const fresh = now.circumstances === circumstances ? now.designs : undefined;
  const design = shownId === undefined ? undefined : (fresh?.get(shownId) ?? latest?.designs.get(shownId));
  const scanned = quantities.find((one) => one.key === query.get("scan"));
  const rest = JSON.stringify({ ...state, changes: { ...state.changes, [scanned?.key ?? ""]: 0 } });
  const scan = useScan(
    result,
    considered,
    scanned ? scanPlaces.map((place) => valueAt(scanned, place)) : [],
    (value) => circumstancesOf(result, quantities, { ...state, changes: { ...state.changes, [scanned!.key]: value } }),
    `${scanned?.key} ${rest}`,
  );
  const told = useMemo(
    () => ({
      ...context,
      result: { ...result, study: circumstances.study },
      designs: latest?.designs ?? context.designs,
    }),
    [context, result, circumstances, latest],
  );
  const datagrams = result.designs.some(({ crossings }) => crossings.some(({ transport }) => transport.kind === "udp"));
  const changed =
    Object.keys(state.changes).length + [state.protection, state.codec].filter((one) => one !== undefined).length;
  return (
    <div className="view-what-if">
      <div className="head">
        <h1>What if</h1>
        <p>
          {changed === 0 ? "As in the study" : `${changed} ${changed === 1 ? "change" : "changes"}`} ·{" "}
          {result.study.frames.count} frames a design, simulated here
          {now.took.first !== undefined && (
            <span className="took">
              {" "}
              · first design {Math.round(now.took.first)} ms
              {now.took.all !== undefined && `, all ${considered.length} in ${Math.round(now.took.all)} ms`}
            </span>
          )}
        </p>
        <button type="button" onClick={reset} disabled={changed === 0}>
          Back to the study
        </button>
      </div>
      <div className="bench">
        <form className="card controls" aria-label="Circumstances" onSubmit={(event) => event.preventDefault()}>
          {(["Link", "Hosts", "Frames"] as const).map((group) => (
            <fieldset key={group}>
              <legend>{group}</legend>
              {quantities
                .filter((one) => one.group === group)
                .map((one) => (
                  <Slider
                    key={one.key}
                    context={context}
                    quantity={one}
                    value={state.changes[one.key] ?? one.own}
                    onChange={(value, settled) => move(one, value, settled)}
                    onReset={() => move(one, one.own, true)}
                    scanned={one === scanned}
                    onScan={() => change({ scan: one.key })}
                    scan={one === scanned ? scan : undefined}
                  />
                ))}
              {group === "Link" && codecs.length > 0 && (
                <label className="line choice">
                  Codec of tensors{" "}
                  <select
                    value={state.codec ?? ""}
                    onChange={(event) => change({ codec: event.target.value || undefined })}
                  >
                    <option value="">any that the study tried</option>
                    {codecs.map((one) => (
                      <option key={one} value={one}>
                        only {one}
                      </option>
                    ))}
                  </select>
                </label>
              )}
              {group === "Link" && datagrams && (
                <label className="line choice">
                  Protection of datagrams{" "}
                  <select
                    value={state.protection ?? ""}
                    onChange={(event) => change({ protection: event.target.value || undefined })}
                  >
                    <option value="">as in the study</option>
                    {protections.map((text) => (
                      <option key={text}>{text}</option>
                    ))}
                  </select>
                </label>
              )}
            </fieldset>
          ))}
          {design && <Brief context={told} verdict={latest?.verdict} design={design} busy={!answered} />}
        </form>
        <div className="answers">
          {now.failed !== undefined && <p role="alert">{now.failed}</p>}
          <Answer
            context={told}
            study={circumstances.study}
            verdict={latest?.verdict}
            design={design}
            before={shownId === undefined ? undefined : context.designs.get(shownId)}
            busy={!answered}
          />
          {latest?.verdict && (
            <section className={`card all${answered ? "" : " busy"}`} aria-labelledby="all" aria-busy={!answered}>
              <div className="head">
                <h2 id="all">All designs</h2>
                <p className="small">
                  {answered ? "≈ told from measured losses" : "of the last circumstances; simulating …"}
                </p>
              </div>
              <AllDesigns
                context={context}
                designs={result.designs.flatMap(({ id }) => latest.designs.get(id) ?? [])}
                verdict={latest.verdict}
                chosen={shownId}
                onChoose={(id) => change({ design: id === query.get("design") ? undefined : id })}
              />
            </section>
          )}
          <section className="card" aria-labelledby="save">
            <h2 id="save">As a study</h2>
            <Save name={result.study.name} changes={studyChanges(result, quantities, state)} />
          </section>
        </div>
      </div>
    </div>
  );
}

/** Milliseconds after which a hand that rests has made a step that can be undone. */
const rests = 250;

/** The changes in the URL, and those of a hand that is still moving. */
function useChanges(quantities: readonly Quantity[], codecs: readonly string[]) {
  const { query } = usePlace();
  const [moving, setMoving] = useState<{ key: string; value: number }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const known = stateIn(query, quantities, codecs);
  const of = moving && quantities.find(({ key }) => key === moving.key);
  const changes = { ...known.changes };
  if (of && moving) {
    if (moving.value === of.own) delete changes[of.key];
    else changes[of.key] = moving.value;
  }
  const state: WhatIfState = { ...known, changes };
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (quantity: Quantity, value: number): void => {
    clearTimeout(timer.current);
    change({ [quantity.key]: value === quantity.own ? undefined : String(value) });
    setMoving(undefined);
  };
  const move = (quantity: Quantity, value: number, settled: boolean): void => {
    if (settled) {
      settle(quantity, value);
      return;
    }
    setMoving({ key: quantity.key, value });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => settle(quantity, value), rests);
  };
  const reset = (): void =>
    change({
      ...Object.fromEntries(quantities.map(({ key }) => [key, undefined])),
      protection: undefined,
      codec: undefined,
    });
  return { state, move, reset };
}
