/** @file Two qualities a class, a row each, with their intervals and what lies between them. */
import * as Plot from "@observablehq/plot";
import type { Estimate } from "@split-et-impera/core/statistics";
import { axis, axisFor, draw, fontSize, grid, textWidth, widths, type Size } from "./chart.ts";
import { interval, percent } from "./format.ts";
import { oneLine, type Markup } from "./html.ts";
import { ellipsis } from "./names.ts";

export interface ClassRow {
  name: string;
  whole: Estimate;
  quality: Estimate;
  drop: Estimate;
}

/** @param colour of the design's marks */
export function classPlot(rows: readonly ClassRow[], colour: string, size: Size, word: string): Markup {
  // Rows stand at whole numbers, so that equal names are different rows.
  const points = rows.map((row, place) => ({ ...row, place }));
  const names = rows.map(({ name, whole }) => `${ellipsis(oneLine(name), size === "wide" ? 30 : 15)} (${whole.n})`);
  const small = size === "wide" ? fontSize : 11;
  const marginLeft = Math.ceil(Math.max(...names.map((name) => textWidth(name, small)))) + 14;
  const x = axisFor(
    rows.flatMap(({ whole, quality }) => [whole.lo, whole.hi, quality.lo, quality.hi]),
    { log: false, most: 1 },
  );
  const apart = 0.17;
  type Point = (typeof points)[number];
  const marks = (of: "whole" | "quality", stroke: string, fill: string): Plot.Markish[] => {
    const y = ({ place }: Point): number => place + (of === "whole" ? -apart : apart);
    return [
      Plot.ruleY(points, { y, x1: (d: Point) => d[of].lo, x2: (d: Point) => d[of].hi, stroke, strokeOpacity: 0.55 }),
      Plot.dot(points, {
        y,
        x: (d: Point) => d[of].value,
        r: 3.8,
        fill,
        stroke,
        strokeWidth: 1.6,
        title: (d: Point) => `${d.name}\n${of === "whole" ? "whole model" : "design"}: ${interval(d[of], percent)}`,
      }),
    ];
  };
  const label = (bold: boolean): Plot.Markish =>
    Plot.text(
      points.filter(({ drop }) => drop.lo > 0 === bold),
      {
        y: "place",
        frameAnchor: "right",
        textAnchor: "end",
        dx: 58,
        text: ({ drop }: Point) => moved(drop.value),
        title: ({ drop }: Point) => interval(drop, percent),
        fill: "var(--ink)",
        fontWeight: bold ? 700 : 400,
        fontVariant: "tabular-nums",
      },
    );
  return draw(`${word} by class: the whole model and the design`, {
    width: widths[size],
    height: rows.length * 28 + 50,
    marginLeft,
    marginRight: 64,
    marginTop: 14,
    marginBottom: 36,
    style: { fontSize: `${small}px` },
    x: { domain: x.domain, label: null },
    y: { domain: [rows.length - 0.5, -0.5], label: null, axis: null },
    marks: [
      Plot.gridX({ ...grid, ticks: size === "wide" ? 8 : 3 }),
      Plot.axisX({
        ...axis,
        ticks: size === "wide" ? 8 : 3,
        tickFormat: (value: number) => percent(value, 0),
        label: word,
        labelAnchor: "center",
      }),
      Plot.axisY(
        points.map(({ place }) => place),
        { ...axis, fontSize: small, tickSize: 0, tickFormat: (place: number) => names[place] ?? "", label: null },
      ),
      ...marks("whole", "var(--ink)", "var(--surface)"),
      ...marks("quality", colour, colour),
      label(false),
      label(true),
    ],
  });
}

/** Percentage points lost, with their sign: `−3.2`, and `+0.8` where the design is better. */
function moved(drop: number): string {
  const text = Math.abs(100 * drop).toFixed(1);
  return text === "0.0" ? text : `${drop > 0 ? "−" : "+"}${text}`;
}
