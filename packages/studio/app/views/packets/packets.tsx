/** @file One frame's way packet by packet, on a time axis with both ends. */
import { bytes as inBytes, seconds } from "@split-et-impera/charts";
import { canSimulate } from "@split-et-impera/core/design";
import "../../parts/parts.css";
import { Empty, Failed, Loading } from "../../shell/state.tsx";
import type { OpenResult } from "../../store/results.ts";
import { change, usePlace } from "../../store/url.ts";
import { Ladder, type Span } from "./ladder.tsx";
import type { Journey } from "./packets-worker.ts";
import "./packets.css";
import { useJourney } from "./use-journey.ts";

export default function Packets({ result, context }: OpenResult) {
  if (!canSimulate(result))
    return (
      <Empty title="This result does not hold what a simulation needs">
        <p>It was written by an older version. Run its study again: what has not changed comes from the cache.</p>
      </Empty>
    );
  return <Frame result={result} context={context} />;
}

function Frame({ result, context }: Pick<OpenResult, "result" | "context">) {
  const { query } = usePlace();
  const sending = result.designs.filter(({ crossings }) => crossings.length > 0);
  const wanted = query.get("design") ?? result.verdict.recommended ?? result.verdict.nearest?.id;
  const design = sending.find(({ id }) => id === wanted) ?? sending[0];
  const count = result.study.frames.count;
  const asked = Number(query.get("frame") ?? 0);
  const frame = Number.isInteger(asked) && asked >= 0 && asked < count ? asked : 0;
  const state = useJourney(result, design?.id ?? "", frame);
  if (!design)
    return (
      <Empty title="Nothing crosses a link">
        <p>Every design of this result computes where frames are captured.</p>
      </Empty>
    );
  const go = (to: number): void => change({ frame: `${Math.min(count - 1, Math.max(0, to))}`, t: undefined });
  return (
    <div className="view-packets">
      <div className="head">
        <h1>Packets</h1>
        <p>What one frame’s packets do, simulated as the study simulates them</p>
      </div>
      <div className="controls" role="group" aria-label="Which frame">
        <label>
          Design{" "}
          <select value={design.id} onChange={(event) => change({ design: event.target.value, t: undefined })}>
            {sending.map(({ id }) => (
              <option key={id} value={id}>
                {context.names.label(id)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Frame{" "}
          <input
            type="number"
            min={0}
            max={count - 1}
            value={frame}
            onChange={(event) => go(Math.round(Number(event.target.value)))}
          />
        </label>
        <button type="button" onClick={() => go(frame - 1)} disabled={frame === 0}>
          Earlier
        </button>
        <button type="button" onClick={() => go(frame + 1)} disabled={frame === count - 1}>
          Later
        </button>
      </div>
      {state.state === "loading" && <Loading what="Simulating" />}
      {state.state === "failed" && <Failed why={state.why} />}
      {state.state === "ready" && <Way journey={state.value} />}
    </div>
  );
}

function Way({ journey }: { journey: Journey }) {
  const { query } = usePlace();
  const { captured, finished, packets, steps, names, others, more, dropped } = journey;
  const end = Math.max(finished, captured + 1000, ...steps.map((one) => one.end), ...packets.map((one) => one.arrived));
  const margin = (end - captured) * 0.02;
  const all: Span = { from: captured - margin, to: end + margin };
  const given = query.get("t")?.split(" ").map(Number);
  const span =
    given?.length === 2 && given.every(Number.isFinite) && given[0]! < given[1]!
      ? { from: captured + given[0]!, to: captured + given[1]! }
      : all;
  const set = (next: Span, how: "step" | "same"): void =>
    change(
      {
        t:
          next.from <= all.from && next.to >= all.to
            ? undefined
            : `${Math.round(next.from - captured)} ${Math.round(next.to - captured)}`,
      },
      how,
    );
  const own = packets.filter((one) => one.own);
  const lost = packets.filter(({ fate }) => fate === "lost" || fate === "overflowed");
  const resent = packets.filter((one) => one.resent);
  const says =
    `${finished < 0 ? (dropped ? `Passed over at ${dropped}` : "Never answered") : `Answered after ${seconds((finished - captured) / 1e9)}`}: ` +
    `${own.length} packets carry it, ${packets.length - own.length} others go with them, ${lost.length} lost, ${resent.length} sent again.`;
  const inSight = packets.filter((one) => Math.max(one.arrived, one.entered) >= span.from && one.entered <= span.to);
  const ms = (ns: number): string => (ns < 0 ? "–" : ((ns - captured) / 1e6).toFixed(3));
  return (
    <>
      <section className="card">
        <p role="status">
          {says}
          {others > 0 && ` ${others} packets of other traffic entered the same links.`}
          {more && " Only the first 20,000 are here."}
        </p>
        <Ladder {...{ journey, span, all, says }} onSpan={set} />
        <ul className="legend">
          <li className="own">this frame’s</li>
          <li className="other">other frames’</li>
          <li className="control">acknowledgements</li>
          <li className="resent">sent again</li>
          <li className="queue">waiting and leaving</li>
          <li className="lost">lost</li>
        </ul>
        <p className="small soft">
          Wheel, or + and − with the keyboard, zoom; dragging or arrow keys move; 0 shows all.
        </p>
      </section>
      <section className="card tables">
        <div className="scroll" tabIndex={0} role="group" aria-label="Steps of the frame">
          <table>
            <caption>Steps, ms after capture</caption>
            <thead>
              <tr>
                <th scope="col">step</th>
                <th scope="col" className="right">
                  reached
                </th>
                <th scope="col" className="right">
                  began
                </th>
                <th scope="col" className="right">
                  done
                </th>
              </tr>
            </thead>
            <tbody>
              {steps.map((one, i) => {
                const name = names[one.step]!;
                return (
                  <tr key={i}>
                    <th scope="row">
                      {name.kind === "compute" ? `${name.what} on ${name.at}` : `${name.at} → ${name.what}`}
                    </th>
                    <td className="right">{ms(one.start)}</td>
                    <td className="right">{ms(one.served)}</td>
                    <td className="right">{ms(one.end)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label="Packets in sight">
          <table>
            <caption>
              Packets in sight, ms after capture{inSight.length > 200 && `: the first 200 of ${inSight.length}`}
            </caption>
            <thead>
              <tr>
                <th scope="col">packet</th>
                <th scope="col">from</th>
                <th scope="col" className="right">
                  payload
                </th>
                <th scope="col" className="right">
                  entered
                </th>
                <th scope="col" className="right">
                  left
                </th>
                <th scope="col" className="right">
                  arrived
                </th>
                <th scope="col">fate</th>
              </tr>
            </thead>
            <tbody>
              {inSight.slice(0, 200).map((one, i) => (
                <tr key={i}>
                  <th scope="row">
                    {one.kind === "data" ? `${one.own ? "" : "other frame’s "}${one.sequence}` : "acknowledgement"}
                    {one.resent && " again"}
                  </th>
                  <td>{journey.links[one.link]![one.forward ? 0 : 1]}</td>
                  <td className="right">{one.kind === "data" ? inBytes(one.length) : ""}</td>
                  <td className="right">{ms(one.entered)}</td>
                  <td className="right">{ms(one.left)}</td>
                  <td className="right">{ms(one.arrived)}</td>
                  <td>{one.fate === "overflowed" ? "queue full" : one.fate}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}
