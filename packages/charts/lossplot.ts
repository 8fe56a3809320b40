/** @file A number against the loss, one line per design, each named at its end. */
import * as Plot from "@observablehq/plot";
import type { DesignResult, SweepPoint } from "@split-et-impera/core/design";
import { axis, axisFor, draw, fontSize, grid, halo, spread, textWidth, widths, type Axis, type Size } from "./chart.ts";
import { kindColour, type Context } from "./context.ts";
import { trim } from "./format.ts";
import { hatched } from "./hatch.ts";
import type { Markup } from "./html.ts";
import { planeOf } from "./labels.ts";
import { ellipsis } from "./names.ts";
import { lossText } from "./verdict.ts";

/** One of the two charts: which designs, which number of theirs, against which bounds. */
export interface LossChart {
  id: string;
  title: string;
  axisLabel: string;
  transport: "tcp" | "udp";
  designs: readonly DesignResult[];
  value(point: SweepPoint): number;
  /** Ends of the interval, where there is one. */
  interval?(point: SweepPoint): [number, number];
  /** Where the axis ends at the latest; what lies beyond stands at the edge with its number. */
  latest?: number;
  /** Why a point has no value; it then stands in the hatched strip. */
  off?(point: SweepPoint): string | undefined;
  show(value: number): string;
  cell(point: SweepPoint): Markup;
  bounds: readonly { value: number; text: string }[];
  log?: boolean;
}

/** Pixels of the strip for points without a value. */
const strip = 22;

interface LinePoint {
  loss: number;
  /** Where it is drawn. */
  x: number;
  value: number;
  lo: number;
  hi: number;
  id: string;
  kind: DesignResult["kind"];
  title: string;
  /** Has no value. */
  off: boolean;
  /** Its number, where it lies beyond the axis. */
  late?: string;
}

/** The chart of the designs in `chart`, at one of the two widths. */
export function lossPlot(context: Context, chart: LossChart, size: Size): Markup {
  const { result } = context;
  const losses = result.sweep.map(({ loss }) => loss);
  const shown = chart.designs
    .map((design) => ({ design, points: pointsOf(context, chart, design) }))
    .filter((line) => line.points.length > 0);
  const points = shown.flatMap((line) => line.points);
  const width = widths[size];
  const height = size === "wide" ? 330 : 300;
  const bounds = chart.bounds.map((line) => line.value);
  const on = points.filter((d) => !d.off);
  const off = on.length < points.length;
  const y = axisFor([...on.flatMap((d) => [d.value, d.lo, d.hi]), ...bounds], { zero: false, log: chart.log });
  const names = shown.map(({ design }) => lineName(context, chart, design, size));
  const room = Math.max(0, ...names.map((name) => textWidth(name, size === "wide" ? fontSize : 11)));
  const frame = {
    marginTop: off ? 28 + strip : 28,
    marginBottom: 40,
    marginLeft: 58,
    marginRight: Math.ceil(room) + 34,
  };
  const last = Math.max(...losses);
  const first = Math.min(...losses);
  const inset = last > first ? (last - first) * 0.022 : 0.005;
  const [left, right] = [first - inset, last + inset];
  const perPixel = (right - left) / (width - frame.marginLeft - frame.marginRight);
  const plane = planeOf(
    { ...y, type: "linear", place: (v) => (v - left) / (right - left), value: (p) => left + p * (right - left) },
    y,
    { ...frame, width, height },
  );
  const box = { left: frame.marginLeft, top: 28, right: width - frame.marginRight, bottom: 24 + strip };
  const middle = plane.value({ x: 0, y: (box.top + box.bottom) / 2 }).y;
  for (const point of points) if (point.off) point.value = middle;
  // Intervals at the same loss would cover each other; the lines stand a few pixels apart instead.
  for (const [i, line] of shown.entries()) {
    const aside = chart.interval ? (i - (shown.length - 1) / 2) * 4 * perPixel : 0;
    for (const point of line.points) if (point.kind !== "LC") point.x += aside;
  }
  const labels = labelMarks(shown, names, y, { ...frame, height, right, perPixel, size });
  const recommended = result.verdict.recommended;
  const emphasis = (d: LinePoint): number => (d.id === recommended ? 3 : 1.75);
  return draw(`${chart.title}: one line per design`, {
    ...frame,
    width,
    height,
    style: { fontSize: `${fontSize}px` },
    x: { domain: [left, right], label: null },
    y: { type: y.type, domain: y.domain },
    marks: [
      Plot.gridY({ ...grid, ticks: y.ticks(5) }),
      Plot.axisY({
        ...axis,
        ticks: y.ticks(5),
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (value: number) => trim(chart.show(value)),
        label: chart.axisLabel,
        labelAnchor: "top",
        labelOffset: 56,
      }),
      Plot.axisX(apart([...new Set(losses)], 34 * perPixel), {
        ...axis,
        tickFormat: (loss: number) => lossText(loss),
        label: "packet loss",
        labelAnchor: "center",
      }),
      Plot.ruleY(chart.bounds, { y: "value", stroke: "var(--missed)", strokeDasharray: "5,4" }),
      ...chart.bounds.map((line) =>
        Plot.text([line], {
          y: "value",
          text: "text",
          frameAnchor: clearest(shown, y, line.value, left, right),
          dx: 6,
          dy: -8,
          fill: "var(--missed)",
          ...halo,
        }),
      ),
      ...(chart.interval
        ? [
            Plot.ruleX(
              points.filter((d) => d.kind !== "LC"),
              { x: "x", y1: "lo", y2: "hi", stroke: lineColour, strokeOpacity: 0.6 },
            ),
          ]
        : []),
      Plot.line(
        points.filter((d) => d.kind === "LC"),
        { x: "x", y: "value", z: "id", stroke: lineColour, strokeWidth: 1.5, strokeDasharray: "2,4" },
      ),
      Plot.line(
        points.filter((d) => d.kind !== "LC"),
        { x: "x", y: "value", z: "id", stroke: lineColour, strokeWidth: emphasis },
      ),
      Plot.dot(
        points.filter((d) => d.kind !== "LC"),
        { x: "x", y: "value", r: 3.5, fill: lineColour, stroke: "var(--surface)", symbol: "circle", title: "title" },
      ),
      ...(off
        ? [
            hatched(box, plane.value),
            Plot.text([plane.value({ x: box.left - 6, y: (box.top + box.bottom) / 2 })], {
              x: "x",
              y: "y",
              text: () => "none",
              textAnchor: "end",
              fill: "var(--muted)",
            }),
          ]
        : []),
      Plot.text(
        points.filter((d) => d.late !== undefined),
        {
          x: "x",
          y: "value",
          text: (d: LinePoint) => `▴ ${d.late}`,
          dy: -10,
          dx: 8,
          textAnchor: "end",
          fontSize: 11,
          fill: "var(--ink)",
          ...halo,
        },
      ),
      ...labels,
    ],
  });
}

/** Those of the values that stand at least `gap` apart, from the greatest down, so that their texts do not meet. */
function apart(values: readonly number[], gap: number): number[] {
  const kept: number[] = [];
  for (const value of values.toSorted((a, b) => b - a)) {
    if (kept.length === 0 || kept.at(-1)! - value >= gap) kept.push(value);
  }
  return kept.reverse();
}

/** Where along a bound its text is furthest from the lines. */
function clearest(
  lines: readonly { points: readonly LinePoint[] }[],
  y: Axis,
  bound: number,
  left: number,
  right: number,
): "left" | "middle" | "right" {
  const room = (share: number): number => {
    const x = left + share * (right - left);
    const gaps = lines.map(({ points }) => {
      const after = Math.max(
        1,
        points.findIndex((point) => point.x >= x),
      );
      const [a, b] = [points[after - 1], points[after]];
      if (!a) return 1;
      const between = b && b.x > a.x ? (x - a.x) / (b.x - a.x) : 0;
      const place = y.place(a.value) + between * (y.place(b?.value ?? a.value) - y.place(a.value));
      // The text stands a little above its line.
      return Math.abs(place - y.place(bound) - 0.03);
    });
    return Math.min(1, ...gaps);
  };
  const sides = [["left", 0.12] as const, ["right", 0.86] as const, ["middle", 0.5] as const];
  return sides.reduce((best, side) => (room(side[1]) > room(best[1]) + 0.02 ? side : best))[0];
}

const lineColour = (d: { kind: DesignResult["kind"] }): string => kindColour[d.kind];

/** A name without what the chart's title says already. */
function lineName(context: Context, chart: LossChart, design: DesignResult, size: Size): string {
  const names = context.names;
  const name = (size === "wide" ? names.label(design.id) : names.tiny(design.id)).replace(
    new RegExp(` ${chart.transport}$`),
    "",
  );
  return ellipsis(name, size === "wide" ? 34 : 19);
}

function pointsOf(context: Context, chart: LossChart, design: DesignResult): LinePoint[] {
  return context.result.sweep.flatMap(({ loss, designs }) => {
    const point = designs.find(({ id }) => id === design.id);
    const found = point ? chart.value(point) : Number.NaN;
    const off = point && chart.off?.(point);
    if (!point || (off === undefined && !Number.isFinite(found))) return [];
    const late = off === undefined && chart.latest !== undefined && found > chart.latest;
    const value = late ? chart.latest! : found;
    const [lo, hi] = chart.interval?.(point) ?? [value, value];
    const title = `${design.id}\n${lossText(loss)} loss: ${off ?? chart.show(found)}`;
    return [
      {
        loss,
        x: loss,
        value,
        lo,
        hi,
        id: design.id,
        kind: design.kind,
        title,
        off: off !== undefined,
        ...(late && { late: chart.show(found) }),
      },
    ];
  });
}

interface Frame {
  marginTop: number;
  marginBottom: number;
  marginLeft: number;
  marginRight: number;
  height: number;
  /** The loss at the right edge. */
  right: number;
  /** Loss per pixel. */
  perPixel: number;
  size: Size;
}

/** Names at the ends of the lines, moved apart, each joined to its line. */
function labelMarks(
  lines: readonly { design: DesignResult; points: readonly LinePoint[] }[],
  names: readonly string[],
  y: Axis,
  frame: Frame,
): Plot.Markish[] {
  const inner = frame.height - frame.marginTop - frame.marginBottom;
  const ends = lines.map(({ points }) => points.at(-1)!);
  const wanted = ends.map((end) => frame.marginTop + (1 - y.place(end.value)) * inner);
  const placed = spread(wanted, 15, frame.marginTop, frame.height - frame.marginBottom);
  const labels = ends.map((end, i) => ({
    kind: end.kind,
    name: names[i]!,
    title: end.id,
    x0: end.x + frame.perPixel * 6,
    y0: end.value,
    x1: frame.right + frame.perPixel * 16,
    y1: y.value(1 - (placed[i]! - frame.marginTop) / inner),
  }));
  return [
    Plot.link(labels, { x1: "x0", y1: "y0", x2: "x1", y2: "y1", stroke: lineColour, strokeOpacity: 0.5 }),
    Plot.text(labels, {
      x: "x1",
      y: "y1",
      text: "name",
      title: "title",
      textAnchor: "start",
      dx: 4,
      fontSize: frame.size === "wide" ? fontSize : 11,
      fill: (d: { kind: DesignResult["kind"] }) => `var(--${d.kind.toLowerCase()}-text)`,
      ...halo,
    }),
  ];
}
