/** @file A quantity of training against the epoch, one line per bottleneck and phase. */
import * as Plot from "@observablehq/plot";
import { bottleneckName, type TrainingResult } from "@split-et-impera/core/design";
import type { Figure } from "@split-et-impera/core/training";
import { axis, axisFor, draw, fontSize, grid, widths, type Size } from "./chart.ts";
import { percent, trim } from "./format.ts";
import type { Markup } from "./html.ts";

/** Okabe and Ito's, of which lines are told apart; then broken ones. */
const colours = ["var(--part-head)", "var(--part-wire)", "var(--part-tail)"] as const;
const breaks = [
  ["line", undefined],
  ["dash", "7,4"],
  ["dots", "2,4"],
] as const;

/** Colour and shape of a line's key in the legend, by the line's place. */
export function keyOf(place: number): [colour: string, shape: string] {
  const [shape] = breakOf(place);
  return [colours[place % colours.length]!, shape];
}

const breakOf = (place: number) => breaks[Math.floor(place / colours.length) % breaks.length]!;

interface Point {
  epoch: number;
  value: number;
  held?: number;
}

/** Losses on a logarithmic axis, shares on a plain one; epochs are counted from 1. */
export function trainingPlot(training: readonly TrainingResult[], of: "loss" | Figure, size: Size): Markup {
  const lines = training.flatMap(({ epochs, ...one }, place) => {
    const points = epochs.flatMap(({ phase, held, [of]: value }, i) =>
      value === undefined ? [] : [{ epoch: i + 1, value, phase, ...(held?.[of] !== undefined && { held: held[of] }) }],
    );
    const phases = Object.values(Object.groupBy(points, ({ phase }) => phase));
    return phases.map((points: Point[]) => ({ points, place, title: `${one.cut} ${bottleneckName(one)}` }));
  });
  const all = lines.flatMap(({ points }) => points);
  const y = axisFor(
    all.flatMap(({ value, held }) => [value, ...(held === undefined ? [] : [held])]),
    { log: of === "loss", ...(of !== "loss" && { most: 1.005 }) },
  );
  const last = Math.max(...all.map(({ epoch }) => epoch));
  const ticks = y.ticks(4);
  const show = (value: number): string =>
    of === "loss" ? trim(value.toPrecision(3).replace(/e.*/, "")) : percent(value, 0);
  return draw(`Training ${of} by epoch: one line per bottleneck`, {
    width: widths[size],
    height: of === "loss" ? 190 : 212,
    marginTop: 26,
    marginBottom: of === "loss" ? 24 : 40,
    marginLeft: 52,
    marginRight: 20,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [1, Math.max(2, last)], label: null },
    y: { type: y.type, domain: y.domain, label: null },
    marks: [
      Plot.gridY({ ...grid, ticks }),
      // Not tickFormat: that of a logarithmic scale leaves labels out.
      Plot.axisY({ ...axis, ticks, text: show, label: of, labelAnchor: "top", labelOffset: 50 }),
      Plot.axisX({
        ...axis,
        ticks: Math.min(last, size === "wide" ? 12 : 6),
        interval: 1,
        tickFormat: (epoch: number) => String(epoch),
        label: of === "loss" ? null : "epoch",
        labelAnchor: "center",
      }),
      ...lines.flatMap(({ points, place, title }) => {
        const stroke = colours[place % colours.length]!;
        const dash = breakOf(place)[1];
        const alone = points.length === 1 ? points : [];
        const held = points.filter((point) => point.held !== undefined);
        return [
          Plot.line(points, {
            x: "epoch",
            y: "value",
            stroke,
            strokeWidth: 1.75,
            ...(dash !== undefined && { strokeDasharray: dash }),
            title: () => title,
          }),
          Plot.dot(alone, { x: "epoch", y: "value", r: 2.5, fill: stroke, title: () => title }),
          Plot.dot(held, { x: "epoch", y: "held", r: 3, stroke, title: () => `${title}, held back` }),
        ];
      }),
    ],
  });
}
