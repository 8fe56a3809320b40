/** @file What a host that captures frames measured, beside its design's prediction: figures, distribution, parts. */
import { interval, percent, seconds, type Context } from "@split-et-impera/charts";
import { formatNumber } from "@split-et-impera/core/units";
import { ChartFrame } from "../../parts/chart-frame.tsx";
import { ScrolledTable } from "../../parts/data-table.tsx";
import { Distribution } from "../../parts/distribution.tsx";
import { Figure } from "../../parts/figure.tsx";
import { latencyText } from "../../parts/latency.ts";
import type { LiveCaptured, LivePeriod } from "../../../messages.ts";
import { furthestOf, missesOf, partsOf, sharesOf, type Furthest, type Misses } from "./compared.ts";

export interface BesideProps {
  context: Context;
  period: LivePeriod;
  captured: LiveCaptured;
}

export function Beside({ context, period, captured }: BesideProps) {
  const design = context.designs.get(period.design);
  const misses = missesOf(captured, design);
  if (!misses) return <p className="soft">No frame is answered or given up yet.</p>;
  const shares = sharesOf(captured, design?.latency.curve);
  const furthest = furthestOf(shares, context.result.study.frames.count);
  const state = misses.than === "more" ? "missed" : furthest?.differs ? "undecided" : "met";
  const { done, answered, fallbacks, due } = captured;
  const latency = (of: "median" | "p95"): string =>
    captured[of] === undefined ? "never" : `≈ ${seconds(captured[of])}`;
  return (
    <>
      <p className={`verdict ${state}`}>
        {verdictText(misses, done)} {furthest && timesText(furthest)}
      </p>
      {!design && (
        <p className="soft">
          The result that is open has no design of this name, so there is no prediction to show: choose the result that
          the bundle was made with.
        </p>
      )}
      <dl className="figures">
        {(["median", "p95"] as const).map((of) => (
          <Figure
            key={of}
            title={`Latency ${of}`}
            value={latency(of)}
            was={design && `predicted: ${latencyText(design, of)}`}
            full="between the times at which the host counts, frames are taken as evenly spread"
          />
        ))}
        <Figure
          title="Late or never"
          value={percent(misses.measured.value)}
          was={misses.predicted && `predicted: ${percent(misses.predicted.value)}`}
          full={interval(misses.measured, percent)}
        />
        <Figure
          title="Frames a second"
          value={formatNumber(period.framesPerSecond, 3)}
          was={design && `study: ${formatNumber(context.result.study.frames.rate, 3)}`}
        />
        <Figure
          title="Answered"
          value={`${answered} of ${done}`}
          {...(fallbacks > 0 && { note: `${fallbacks} by the rest of the model, run here` })}
        />
      </dl>
      <div className="two">
        <div>
          <h3>When frames are answered</h3>
          <ChartFrame name={`Frames answered, measured at ${period.host}`}>
            <Distribution
              now={{
                seconds: shares.map((one) => one.seconds),
                share: shares.map(({ measured }) => measured.value),
                lo: shares.map(({ measured }) => measured.lo),
                hi: shares.map(({ measured }) => measured.hi),
              }}
              within={1 - misses.measured.value}
              before={design?.latency.curve}
              deadline={due}
            />
          </ChartFrame>
          <p className="small soft">
            Dots: measured, with their 95 % intervals, at the times at which hosts count.
            {design && " Dashed: predicted."}
          </p>
        </div>
        <div className="tables">
          <ScrolledTable
            label="Share of frames answered within a time"
            caption="Answered within"
            columns={[{ head: "time" }, { head: "measured", right: true }, { head: "predicted", right: true }]}
            rows={shares.map(({ seconds: time, measured, predicted }) => ({
              key: `${time}`,
              cells: [
                seconds(time),
                <span key="measured" title={interval(measured, percent)}>
                  {percent(measured.value)}
                </span>,
                predicted === undefined ? "–" : percent(predicted),
              ],
            }))}
          />
          <ScrolledTable
            label="Mean times of a frame by part"
            caption="Mean times"
            columns={[{ head: "part" }, { head: "measured", right: true }, { head: "predicted", right: true }]}
            rows={partsOf(period, design).map(({ part, measured, predicted }) => ({
              key: part,
              cells: [part, seconds(measured), predicted === undefined ? "–" : seconds(predicted)],
            }))}
          />
        </div>
      </div>
    </>
  );
}

function verdictText({ measured, predicted, than }: Misses, done: number): string {
  const range = ({ lo, hi }: { lo: number; hi: number }): string => `${percent(lo)} to ${percent(hi)}`;
  const found = `${percent(measured.value)} of ${done} frames late or never (${range(measured)})`;
  if (!predicted) return `${found}.`;
  const said = `${percent(predicted.value)} (${range(predicted)}) predicted`;
  if (than === "as") return `Deadlines are kept as predicted, as far as so many frames tell: ${found}; ${said}.`;
  return `${than === "more" ? "More" : "Fewer"} deadlines are missed than predicted: ${found}; ${said}.`;
}

function timesText({ share: { seconds: time, measured, predicted }, differs }: Furthest): string {
  const where = `${percent(measured.value)} of frames are answered within ${seconds(time)}, ${percent(predicted)} were predicted`;
  return differs ? `Times are others than predicted: ${where}.` : `Times are as predicted; furthest apart, ${where}.`;
}
