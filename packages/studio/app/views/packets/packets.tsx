/** @file One frame's way packet by packet, on a time axis with both ends. */
import { bytes as inBytes, seconds } from "@split-et-impera/charts";
import { canSimulate } from "@split-et-impera/core/design";
import { ChartFrame } from "../../parts/chart-frame.tsx";
import { ScrolledTable } from "../../parts/data-table.tsx";
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
  const around = (last: number): Span => {
    const margin = (last - captured) * 0.02;
    return { from: captured - margin, to: last + margin };
  };
  const all = around(end);
  // Acknowledgements and other frames' packets may come long after the answer: they are there, further right.
  const own = packets.filter((one) => one.own);
  const answered = finished >= 0 ? finished : Math.max(captured + 1000, ...own.map((one) => one.arrived));
  const usual = around(Math.min(end, Math.max(answered, ...steps.map((one) => one.end))));
  const later = packets.filter((one) => one.entered > usual.to).length;
  const given = query.get("t")?.split(" ").map(Number);
  const span =
    given?.length === 2 && given.every(Number.isFinite) && given[0]! < given[1]!
      ? { from: captured + given[0]!, to: captured + given[1]! }
      : usual;
  const set = (next: Span, how: "step" | "same"): void =>
    change(
      {
        t:
          next.from === usual.from && next.to === usual.to
            ? undefined
            : `${Math.round(next.from - captured)} ${Math.round(next.to - captured)}`,
      },
      how,
    );
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
        <ChartFrame name="Packets of a frame">
          <Ladder {...{ journey, span, all, usual, says }} onSpan={set} />
        </ChartFrame>
        <ul className="legend">
          <li className="own">this frame’s</li>
          <li className="other">other frames’</li>
          <li className="control">acknowledgements</li>
          <li className="resent">sent again</li>
          <li className="queue">waiting and leaving</li>
          <li className="lost">lost</li>
        </ul>
        <p className="small soft">
          Wheel, or + and − with the keyboard, zoom; dragging or arrow keys move; 0 shows the frame from its capture to
          its answer.{" "}
          {later > 0 && (
            <button type="button" onClick={() => set(all, "step")} disabled={span.to >= all.to}>
              Show {later} later {later === 1 ? "packet" : "packets"}
            </button>
          )}
        </p>
      </section>
      <section className="card tables">
        <ScrolledTable
          label="Steps of the frame"
          caption="Steps, ms after capture"
          columns={[{ head: "step" }, ...["reached", "began", "done"].map((head) => ({ head, right: true }))]}
          rows={steps.map((one, i) => {
            const name = names[one.step]!;
            const what = name.kind === "compute" ? `${name.what} on ${name.at}` : `${name.at} → ${name.what}`;
            return { key: `${i}`, cells: [what, ms(one.start), ms(one.served), ms(one.end)] };
          })}
        />
        <ScrolledTable
          label="Packets in sight"
          caption={`Packets in sight, ms after capture${inSight.length > 200 ? `: the first 200 of ${inSight.length}` : ""}`}
          columns={[
            { head: "packet" },
            { head: "from" },
            ...["payload", "entered", "left", "arrived"].map((head) => ({ head, right: true })),
            { head: "fate" },
          ]}
          rows={inSight.slice(0, 200).map((one, i) => ({
            key: `${i}`,
            cells: [
              (one.kind === "data" ? `${one.own ? "" : "other frame’s "}${one.sequence}` : "acknowledgement") +
                (one.resent ? " again" : ""),
              journey.links[one.link]![one.forward ? 0 : 1],
              one.kind === "data" ? inBytes(one.length) : "",
              ms(one.entered),
              ms(one.left),
              ms(one.arrived),
              one.fate === "overflowed" ? "queue full" : one.fate,
            ],
          }))}
        />
      </section>
    </>
  );
}
