/** @file The axis of a metric, upwards: its domain, its lines and its ticks. */
import * as Plot from "@observablehq/plot";
import type { Estimate } from "@split-et-impera/core/statistics";
import { metricRule } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import { axis, axisFor, grid, type Axis } from "./chart.ts";
import { inUnit, percent, trim } from "./format.ts";
import { metricWord } from "./quality.ts";

const isShare = (metric: string): boolean => metricRule(metric).format === formatPercent;

/** From the least to the most that intervals reach; of shares not beyond 100 %. */
export function qualityAxis(metric: string, estimates: readonly Estimate[]): Axis {
  return axisFor(
    estimates.flatMap(({ lo, hi }) => [lo, hi]),
    { log: false, ...(isShare(metric) && { most: 1.005 }) },
  );
}

export const qualityMarks = (metric: string, y: Axis): Plot.Markish[] => [
  Plot.gridY({ ...grid, ticks: 6 }),
  Plot.axisY({
    ...axis,
    ticks: y.ticks(6),
    tickFormat: (value: number) => (isShare(metric) ? percent(value, 0) : trim(inUnit(metric, value))),
    label: metricWord(metric),
    labelAnchor: "top",
    labelOffset: 54,
  }),
];
