/** @file Accuracy against latency: the front, what the requirements allow, and where each design stands. */
import * as Plot from "@observablehq/plot";
import { qualityOf, type DesignResult } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Requirement } from "@split-et-impera/core/study";
import { kindColour, kindName, leastAccuracy, roleOf, stateOf, type Context } from "./context.ts";
import { axis, axisFor, draw, figure, fontSize, grid, legend, widths, type Size } from "./chart.ts";
import { bytes, percent, seconds, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { labelTexts, labelTies, placeLabels, planeOf } from "./labels.ts";
import { ellipsis } from "./names.ts";

type Statistic = NonNullable<Requirement["statistic"]>;

interface Point {
  id: string;
  name: Record<Size, string>;
  kind: DesignResult["kind"];
  x: number;
  y: number;
  lo: number;
  hi: number;
  met: boolean;
  /** Stands at the lower edge because it lies below it. */
  below: boolean;
  title: string;
  /** Worth a name: the verdict speaks of it, or it is on the front. */
  rank: number;
}

/** Accuracies further than this below the best would press all others together at the top. */
const reach = 0.15;

export function paretoSection(context: Context): Markup {
  const { statistic, most } = latencyBound(context);
  const points = pointsOf(context, statistic);
  if (points.length === 0) return html``;
  const least = leastAccuracy(context.result)?.value;
  const below = points.filter((point) => point.below).length;
  return html`<section id="pareto">
    <h2>Accuracy against latency</h2>
    ${figure({
      id: "pareto-chart",
      title: `Every design by ${statistic} latency and accuracy`,
      legend: legend([
        ...(["LC", "RC", "SC"] as const)
          .filter((kind) => points.some((point) => point.kind === kind))
          .map((kind) => [kindName[kind], kindColour[kind], shapes[kind].key] as const),
        ["filled: meets every requirement", "var(--ink)", "dot"],
        ["hollow: does not, or undecided", "var(--ink)", "ring"],
      ]),
      caption: html`Up and to the left is better; vertical bars are 95 % intervals of the accuracy of the designs with
      names. The line is the front: nothing is both faster and more accurate than a design on it (the table's ◆ counts
      bytes
      too).${
        (least !== undefined || most !== undefined) && " The shaded region is what the requirements on these two allow."
      }${below > 0 && ` ${below} ${below === 1 ? "design lies" : "designs lie"} below the lower edge and ${below === 1 ? "stands" : "stand"} on it as ▽.`}`,
      draw: (size) => [paretoPlot(context, points, size, { statistic, most, least })],
    })}
  </section> `;
}

const shapes = {
  LC: { symbol: "square", key: "square" },
  RC: { symbol: "circle", key: "dot" },
  SC: { symbol: "diamond", key: "diamond" },
} as const;

/** The part of a canvas or path that a symbol is drawn with. */
interface PathLike {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
}

/** A triangle on its tip, as the caption shows it; Plot's own stand on their base. */
const downward: Plot.SymbolType = {
  draw(context: PathLike, size: number) {
    const half = Math.sqrt(size) * 0.62;
    context.moveTo(-half, -half * 0.8);
    context.lineTo(half, -half * 0.8);
    context.lineTo(0, half);
    context.closePath();
  },
};

/** The statistic that the study bounds, so that the bound can be drawn; p95 where it bounds none. */
function latencyBound({ result }: Context): { statistic: Statistic; most?: number } {
  const stated = result.study.requirements.filter((r) => r.metric === "latency" && r.operator === "<=");
  const chosen = stated.find((r) => r.statistic === "p95") ?? stated[0];
  return { statistic: chosen?.statistic ?? "p95", most: chosen?.value };
}

function pointsOf(context: Context, statistic: Statistic): Point[] {
  const { result, names } = context;
  const latency = (design: DesignResult): number => {
    if (design.overload) return Infinity;
    const value: Estimate | number = design.latency[statistic];
    return typeof value === "number" ? value : value.value;
  };
  const usable = result.designs.filter(
    (design) => Number.isFinite(latency(design)) && Number.isFinite(qualityOf(design.quality).value),
  );
  const best = Math.max(...usable.map((design) => qualityOf(design.quality).value));
  const least = leastAccuracy(result)?.value ?? best;
  const floor = Math.min(best, least) - reach;
  const points = usable.map((design): Point => {
    const { value, lo, hi } = qualityOf(design.quality);
    const below = value < floor;
    const role = roleOf(result.verdict, design.id);
    return {
      id: design.id,
      name: { wide: names.label(design.id), narrow: names.tiny(design.id) },
      kind: design.kind,
      x: latency(design),
      y: below ? floor : value,
      lo: Math.max(floor, lo),
      hi: Math.max(floor, hi),
      met: stateOf(design) === "met",
      below,
      title: `${design.id}\naccuracy ${percent(value)} (${percent(lo)} to ${percent(hi)})\n${statistic} latency ${seconds(latency(design))}\n${bytes(design.bytes)} per frame`,
      rank: role === "recommended" || role === "nearest" ? 0 : role === undefined ? (design.kind === "LC" ? 2 : 9) : 1,
    };
  });
  const front = frontOf(points);
  for (const point of front) point.rank = Math.min(point.rank, 3);
  for (const kind of ["RC", "SC"] as const) {
    const first = points.find((point) => point.kind === kind && point.rank === 9);
    if (first && !points.some((point) => point.kind === kind && point.rank < 9)) first.rank = 4;
  }
  return points;
}

/** Designs that no other beats in both, fastest first. */
export function frontOf<T extends { x: number; y: number; below: boolean }>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of points.filter((p) => !p.below).sort((a, b) => a.x - b.x || b.y - a.y)) {
    const last = front.at(-1);
    if (!last || point.y > last.y) front.push(point);
  }
  return front;
}

interface Bounds {
  statistic: string;
  most?: number;
  least?: number;
}

function paretoPlot(context: Context, points: readonly Point[], size: Size, bounds: Bounds): Markup {
  const frame = {
    width: widths[size],
    height: size === "wide" ? 440 : 380,
    marginTop: 28,
    marginBottom: 42,
    marginLeft: 54,
    marginRight: 20,
  };
  const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
  const x = axisFor([...points.map((point) => point.x), ...some(bounds.most)]);
  const y = axisFor([...points.flatMap((point) => [point.lo, point.hi]), ...some(bounds.least)], {
    log: false,
    most: 1.005,
  });
  const plane = planeOf(x, y, frame);
  const front = frontOf(points).map((point) => ({ x: point.x, y: point.y }));
  // The stairs start at the lower edge and go on to the right one.
  const stairs = [{ x: front[0]!.x, y: y.domain[0] }, ...front, { x: x.domain[1], y: front.at(-1)!.y }];
  const recommended = points.filter((point) => point.id === context.result.verdict.recommended);
  const named = points.map((point) => ({ ...plane.pixel(point), rank: point.rank, text: labelText(point, size) }));
  const labels = placeLabels(named, frame, size === "wide" ? fontSize : 11);
  const region = { x1: x.domain[0], x2: bounds.most ?? x.domain[1], y1: bounds.least ?? y.domain[0], y2: y.domain[1] };
  const colour = (d: Point): string => kindColour[d.kind];
  return draw(`Accuracy against ${bounds.statistic} latency, one mark per design`, {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: x.type, domain: x.domain, label: null },
    y: { domain: y.domain, label: null },
    symbol: { domain: ["LC", "RC", "SC", "below"], range: ["square", "circle", "diamond", downward] },
    marks: [
      ...(bounds.most !== undefined || bounds.least !== undefined
        ? [Plot.rect([region], { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "var(--met)", fillOpacity: 0.09 })]
        : []),
      Plot.gridY({ ...grid, ticks: 6 }),
      Plot.gridX({ ...grid, ticks: x.ticks(size === "wide" ? 8 : 4) }),
      Plot.axisY({
        ...axis,
        ticks: 6,
        tickFormat: (v: number) => percent(v, 0),
        label: "accuracy",
        labelAnchor: "top",
        labelOffset: 52,
      }),
      Plot.axisX({
        ...axis,
        ticks: x.ticks(size === "wide" ? 8 : 4),
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (v: number) => trim(seconds(v)),
        label: `${bounds.statistic} latency`,
        labelAnchor: "center",
      }),
      Plot.ruleX(some(bounds.most), { stroke: "var(--met)", strokeDasharray: "5,4" }),
      Plot.ruleY(some(bounds.least), { stroke: "var(--met)", strokeDasharray: "5,4" }),
      Plot.line(front.length > 0 ? stairs : [], {
        x: "x",
        y: "y",
        curve: "step-after",
        stroke: "var(--ink)",
        strokeOpacity: 0.55,
        strokeWidth: 1.25,
      }),
      Plot.ruleX(
        points.filter((d) => !d.below && d.rank < 9),
        { x: "x", y1: "lo", y2: "hi", stroke: colour, strokeOpacity: 0.28 },
      ),
      Plot.dot(recommended, { x: "x", y: "y", r: 11, stroke: "var(--met)", strokeWidth: 2 }),
      labelTies(labels, plane),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: 4.5,
        symbol: (d: Point) => (d.below ? "below" : d.kind),
        stroke: colour,
        strokeWidth: 1.6,
        fill: (d: Point) => (d.met ? colour(d) : "var(--surface)"),
        title: "title",
      }),
      ...labelTexts(labels, plane, size === "wide" ? fontSize : 11),
    ],
  });
}

const labelText = (point: Point, size: Size): string => ellipsis(point.name[size], size === "wide" ? 36 : 26);
