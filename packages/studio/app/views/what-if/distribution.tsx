/** @file When frames are answered: the share within a time, in the study and now, with the deadline. */
import { axisFor, seconds, percent } from "@split-et-impera/charts";
import type { LatencyCurve, WhatIfDesign } from "@split-et-impera/core/design";
import { useWidth } from "../../parts/use-width.ts";
import { niceTicks } from "../designs/scatter.tsx";

const height = 210;
const margin = { top: 12, right: 14, bottom: 30, left: 44 };

export interface DistributionProps {
  now: WhatIfDesign;
  before: LatencyCurve | undefined;
  deadline: number;
}

export function Distribution({ now, before, deadline }: DistributionProps) {
  const [place, width] = useWidth<HTMLDivElement>();
  const sorted = now.latencies.filter(Number.isFinite).sort();
  const count = Math.max(1, now.latencies.length);
  const curve = thinned(sorted, count);
  const far = Math.min(
    12 * deadline,
    Math.max(deadline * 1.25, curve.seconds.at(-1) ?? 0, before?.seconds.at(-1) ?? 0),
  );
  const axis = axisFor([0, far], { zero: true, log: false });
  const [wide, high] = [Math.max(60, width - margin.left - margin.right), height - margin.top - margin.bottom];
  const left = (value: number): number => margin.left + Math.min(1, axis.place(value)) * wide;
  const top = (share: number): number => margin.top + (1 - share) * high;
  const path = ({ seconds: times, share }: LatencyCurve): string => {
    let d = `M${margin.left},${top(0)}`;
    times.forEach((time, i) => (d += `H${left(time).toFixed(1)}V${top(share[i]!).toFixed(1)}`));
    return `${d}H${margin.left + wide}`;
  };
  const within = sorted.filter((one) => one <= deadline).length / count;
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
        {curve.seconds.length > 0 && <path d={path(curve)} fill="none" stroke="var(--accent)" strokeWidth={2.2} />}
      </svg>
    </div>
  );
}

/** As many points as pixels show. */
function thinned(sorted: Float64Array, count: number): LatencyCurve {
  const every = Math.max(1, Math.floor(sorted.length / 400));
  const curve: LatencyCurve = { seconds: [], share: [] };
  for (let i = 0; i < sorted.length; i++) {
    if (i % every !== 0 && i !== sorted.length - 1) continue;
    curve.seconds.push(sorted[i]!);
    curve.share.push((i + 1) / count);
  }
  return curve;
}
