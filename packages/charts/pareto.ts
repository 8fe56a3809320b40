/** @file Quality against latency: the front, what the requirements allow, and where each design stands. */
import * as Plot from "@observablehq/plot";
import { kindColour, kindName, boundOnQuality, type Context } from "./context.ts";
import {
  axis,
  axisFor,
  draw,
  figure,
  fontSize,
  grid,
  halo,
  legend,
  spread,
  widths,
  type Axis,
  type Size,
} from "./chart.ts";
import { seconds, trim } from "./format.ts";
import { hatched, latestOf } from "./hatch.ts";
import { html, type Markup } from "./html.ts";
import { labelTexts, labelTies, placeLabels, planeOf, type Frame, type Plane } from "./labels.ts";
import { ellipsis } from "./names.ts";
import { frontOf, latencyBound, pointsOf, type Point } from "./pareto-points.ts";
import { qualityWords } from "./quality.ts";

export function paretoSection(context: Context): Markup {
  const { statistic, most } = latencyBound(context);
  const points = pointsOf(context, statistic);
  if (points.length === 0) return html``;
  const least = boundOnQuality(context.result)?.value;
  const { word, Word, more } = qualityWords(context.result);
  const lowest = qualityAxis(points, least).domain[0];
  const below = points.filter((point) => point.below || point.y < lowest).length;
  const late = points.filter((point) => point.late).length;
  const off = points.filter((point) => point.off !== undefined).length;
  return html`<section id="pareto">
    <h2>${Word} against latency</h2>
    ${figure({
      id: "pareto-chart",
      title: `Every design by ${statistic} latency and ${word}`,
      legend: legend([
        ...(["LC", "RC", "SC", "EE"] as const)
          .filter((kind) => points.some((point) => point.kind === kind))
          .map((kind) => [kindName[kind], kindColour[kind], shapes[kind].key] as const),
        ["filled: meets every requirement", "var(--ink)", "dot"],
        ["hollow: does not, or undecided", "var(--ink)", "ring"],
      ]),
      caption: html`${more ? "Up" : "Down"} and to the left is better; vertical bars are 95 % intervals of the ${word}
      of the designs with names. The line is the front: nothing is both faster and better than a design on it (the
      table's ◆ counts bytes
      too).${
        (least !== undefined || most !== undefined) && " The shaded region is what the requirements on these two allow."
      }${below > 0 && ` ${below} ${below === 1 ? "design lies" : "designs lie"} below the lower edge and ${below === 1 ? "stands" : "stand"} on it as ▽.`}${late > 0 && ` The axis ends at three times the deadline; ${late === 1 ? "a later design stands" : `${late} later designs stand`} at its edge with ${late === 1 ? "its" : "their"} latency.`}${off > 0 && ` The hatched strip holds ${off === 1 ? "the design" : `${off} designs`} whose latency grows from frame to frame, or that never ${off === 1 ? "answers" : "answer"}.`}`,
      draw: (size) => [paretoPlot(context, points, size, { statistic, most, least })],
    })}
  </section> `;
}

const shapes = {
  LC: { symbol: "square", key: "square" },
  RC: { symbol: "circle", key: "dot" },
  SC: { symbol: "diamond", key: "diamond" },
  EE: { symbol: "star", key: "star" },
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
    marginRight:
      20 +
      (points.some((point) => point.late) ? numbersRoom : 0) +
      (points.some((point) => point.off !== undefined) ? strip[size] : 0),
  };
  const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
  const latest = latestOf(context.result.study);
  const timed = points.filter((point) => point.off === undefined);
  const x = axisFor([...timed.map((point) => Math.min(point.x, latest)), ...some(bounds.most)]);
  const y = qualityAxis(points, bounds.least);
  const words = qualityWords(context.result);
  const plane = planeOf(x, y, frame);
  const right = frame.width - frame.marginRight;
  const late = timed.filter((point) => point.late).sort((a, b) => b.y - a.y);
  const band = {
    left: frame.width - 14 - strip[size],
    top: frame.marginTop,
    right: frame.width - 8,
    bottom: frame.height - frame.marginBottom,
  };
  /** Side by side in the strip, so that equal ones do not cover each other. */
  const inBand = (i: number): number => {
    const room = Math.max(1, Math.floor((band.right - band.left - 8) / 12));
    return plane.value({ x: band.left + 10 + (i % room) * 12, y: band.top }).x;
  };
  const off = points.filter((point) => point.off !== undefined).sort((a, b) => b.y - a.y);
  const drawn = points.map((point) => ({
    ...point,
    x: point.off === undefined ? Math.min(point.x, latest) : inBand(off.indexOf(point)),
    y: Math.max(point.y, y.domain[0]),
    below: point.below || point.y < y.domain[0],
  }));
  const front = frontOf(timed).map((point) => ({ x: Math.min(point.x, latest), y: point.y }));
  const numbers = lateNumbers(late, plane, frame);
  // The stairs start at the lower edge and go on to the right one.
  const stairs = front.flatMap((point, i) => [
    ...(i === 0 ? [{ x: point.x, y: y.domain[0] }] : []),
    point,
    ...(i === front.length - 1 ? [{ x: x.domain[1], y: point.y }] : []),
  ]);
  const recommended = drawn.filter((point) => point.id === context.result.verdict.recommended);
  const named = drawn.map((point) => ({
    ...plane.pixel(point),
    rank: point.off === undefined ? point.rank : 9,
    text: labelText(point, size),
  }));
  const labels = placeLabels(named, frame, size === "wide" ? fontSize : 11);
  const region = {
    x1: x.domain[0],
    x2: bounds.most ?? x.domain[1],
    ...(words.more
      ? { y1: bounds.least ?? y.domain[0], y2: y.domain[1] }
      : { y1: y.domain[0], y2: bounds.least ?? y.domain[1] }),
  };
  const colour = (d: Point): string => kindColour[d.kind];
  return draw(`${words.Word} against ${bounds.statistic} latency, one mark per design`, {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: x.type, domain: x.domain, label: null },
    y: { domain: y.domain, label: null },
    symbol: { domain: ["LC", "RC", "SC", "EE", "below"], range: ["square", "circle", "diamond", "star", downward] },
    marks: [
      ...(bounds.most !== undefined || bounds.least !== undefined
        ? [Plot.rect([region], { x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "var(--met)", fillOpacity: 0.09 })]
        : []),
      Plot.gridY({ ...grid, ticks: 6 }),
      Plot.gridX({ ...grid, ticks: x.ticks(size === "wide" ? 8 : 4) }),
      Plot.axisY({
        ...axis,
        ticks: 6,
        tickFormat: words.tick,
        label: words.word,
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
      ...(off.length > 0
        ? [
            hatched(band, plane.value),
            Plot.text([plane.value({ x: band.right, y: band.top - 9 })], {
              x: "x",
              y: "y",
              text: () => "no latency",
              textAnchor: "end",
              fill: "var(--muted)",
            }),
          ]
        : []),
      Plot.text(numbers, {
        x: (d: LateNumber) => plane.value({ x: right + 4, y: d.at }).x,
        y: (d: LateNumber) => plane.value({ x: right, y: d.at }).y,
        text: "number",
        textAnchor: "start",
        fontSize: 11,
        fill: "var(--ink)",
        ...halo,
      }),
      Plot.line(stairs, {
        x: "x",
        y: "y",
        curve: "step-after",
        stroke: "var(--ink)",
        strokeOpacity: 0.55,
        strokeWidth: 1.25,
      }),
      Plot.ruleX(
        drawn.filter((d) => !d.below && d.rank < 9 && d.off === undefined),
        { x: "x", y1: "lo", y2: "hi", stroke: colour, strokeOpacity: 0.28 },
      ),
      Plot.dot(recommended, { x: "x", y: "y", r: 11, stroke: "var(--met)", strokeWidth: 2 }),
      labelTies(labels, plane),
      Plot.dot(drawn, {
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

/** Of the qualities of designs that have a latency, and what is asked: those in the strip do not stretch it. */
function qualityAxis(points: readonly Point[], least: number | undefined): Axis {
  const timed = points.filter((point) => point.off === undefined);
  const values = (timed.length > 0 ? timed : points).flatMap((point) => [point.lo, point.hi]);
  return axisFor(least === undefined ? values : [...values, least], { log: false, most: 1.005 });
}

/** Pixels of the strip for what has no latency. */
const strip = { wide: 76, narrow: 62 } as const;

/** Pixels for the latencies of late designs, between the axis and the strip. */
const numbersRoom = 56;

interface LateNumber {
  number: string;
  /** Height in pixels. */
  at: number;
}

/** The latencies of late designs beside the right edge, each at its design's height, moved apart; as many as have room. */
function lateNumbers(late: readonly Point[], plane: Plane, frame: Frame): LateNumber[] {
  const gap = 13;
  const [top, bottom] = [frame.marginTop + 6, frame.height - frame.marginBottom - 6];
  const shown = late.slice(0, Math.floor((bottom - top) / gap) + 1);
  const places = spread(
    shown.map((point) => plane.pixel(point).y),
    gap,
    top,
    bottom,
  );
  return shown.map(({ number }, i) => ({ number: `▸ ${number}`, at: places[i]! }));
}

const labelText = (point: Omit<Point, "x">, size: Size): string =>
  ellipsis(point.name[size], size === "wide" ? 36 : 26);
