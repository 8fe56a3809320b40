/** @file When frames are answered: the share within a time, now and as it was to be, with the deadline. */
import { axisFor, seconds, percent } from "@split-et-impera/charts";
import type { LatencyCurve } from "@split-et-impera/core/design";
import { niceTicks } from "./ticks.ts";
import { useWidth } from "./use-width.ts";

const height = 210;
const margin = { top: 12, right: 14, bottom: 30, left: 44 };

/** Shares that were counted at some times alone, each with its 95 % interval. */
export interface CountedCurve extends LatencyCurve {
  lo: readonly number[];
  hi: readonly number[];
}

export interface DistributionProps {
  /** Steps, where every frame's time is known; dots with their intervals, where they were counted. */
  now: LatencyCurve | CountedCurve;
  /** Share of the frames of `now` answered by the deadline. */
  within: number;
  before: LatencyCurve | undefined;
  deadline: number;
}

export function Distribution({ now, within, before, deadline }: DistributionProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const counted = "lo" in now ? now : undefined;
  const far = Math.min(12 * deadline, Math.max(deadline * 1.25, now.seconds.at(-1) ?? 0, before?.seconds.at(-1) ?? 0));
  const axis = axisFor([0, far], { zero: true, log: false });
  const [wide, high] = [Math.max(60, width - margin.left - margin.right), height - margin.top - margin.bottom];
  const left = (value: number): number => margin.left + Math.min(1, axis.place(value)) * wide;
  const top = (share: number): number => margin.top + (1 - share) * high;
  const path = ({ seconds: times, share }: LatencyCurve): string => {
    let d = `M${margin.left},${top(0)}`;
    times.forEach((time, i) => (d += `H${left(time).toFixed(1)}V${top(share[i]!).toFixed(1)}`));
    return `${d}H${margin.left + wide}`;
  };
  return (
    <div ref={place}>
      <svg
        className="chart"
        width={width}
        height={height}
        role="img"
        aria-label={`Share of frames answered within a time: ${percent(within)} within the deadline of ${seconds(deadline)}.`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map((share) => (
          <g key={share} transform={`translate(0,${top(share)})`}>
            <line className="rule" x1={margin.left} x2={margin.left + wide} />
            <text x={margin.left - 7} dy="0.32em" textAnchor="end">
              {percent(share, 0)}
            </text>
          </g>
        ))}
        {niceTicks(axis.domain, width < 420 ? 4 : 7).map((value) => (
          <text key={value} x={left(value)} y={height - 12} textAnchor="middle">
            {seconds(value)}
          </text>
        ))}
        <line className="bound" x1={left(deadline)} x2={left(deadline)} y1={margin.top} y2={top(0)} />
        <text className="halo" x={left(deadline) + 4} y={top(0) - 5}>
          deadline
        </text>
        {before && before.seconds.length > 0 && (
          <path d={path(before)} fill="none" stroke="var(--control)" strokeWidth={1.4} strokeDasharray="5 3" />
        )}
        {!counted && now.seconds.length > 0 && (
          <path d={path(now)} fill="none" stroke="var(--accent)" strokeWidth={2.2} />
        )}
        {counted?.seconds.map(
          (time, i) =>
            time <= far && (
              <g key={time} transform={`translate(${left(time)},0)`}>
                <line y1={top(counted.lo[i]!)} y2={top(counted.hi[i]!)} stroke="var(--accent)" strokeWidth={1.4} />
                <circle cy={top(counted.share[i]!)} r={3.5} fill="var(--accent)" />
              </g>
            ),
        )}
      </svg>
    </div>
  );
}

/** The share of `latencies` (seconds, infinite without an answer) within each time: as many points as pixels show. */
export function curveOf(latencies: Float64Array): LatencyCurve {
  const sorted = latencies.filter(Number.isFinite).sort();
  const count = Math.max(1, latencies.length);
  const every = Math.max(1, Math.floor(sorted.length / 400));
  const curve: LatencyCurve = { seconds: [], share: [] };
  for (let i = 0; i < sorted.length; i++) {
    if (i % every !== 0 && i !== sorted.length - 1) continue;
    curve.seconds.push(sorted[i]!);
    curve.share.push((i + 1) / count);
  }
  return curve;
}
