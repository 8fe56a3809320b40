/** @file What a cut is worth on the wire where nothing is lost, drawn: quality against bytes, beside pictures. */
import * as Plot from "@observablehq/plot";
import type { Estimate } from "@split-et-impera/core/statistics";
import { axis, axisFor, draw, figure, fontSize, grid, legend, widths, type Size } from "./chart.ts";
import { bytes, inUnit, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { labelTexts, labelTies, placeLabels, planeOf } from "./labels.ts";
import { metricWord } from "./quality.ts";
import { qualityAxis, qualityMarks } from "./quality-axis.ts";

/** A way to send that loses nothing, as it is named. */
export interface RatePoint {
  name: string;
  /** Of the curves' families, by name. */
  family: string;
  /** Whether it is on its family's line, or a find beside it. */
  usual: boolean;
  /** Whether its mark is hollow. */
  hollow: boolean;
  /** Its name stands in its title alone. */
  quiet?: boolean;
  bytes: number;
  quality: Estimate;
}

/** What a line is drawn for. */
export interface Family {
  text: string;
  colour: string;
  dash?: string;
  /** Its shape in the legend, where that is no line. */
  key?: string;
}

/** Quality against bytes, nothing lost. */
export interface RateCurves {
  metric: string;
  whole: Estimate;
  /** By name, in the legend's order; those without a point are left out. */
  families: Readonly<Record<string, Family>>;
  rate: readonly RatePoint[];
}

/** What is said about a chart of bytes. */
export interface RateWords {
  heading: string;
  /** What a hollow mark is. */
  hollow: string;
  caption: Markup;
  /** Under the caption. */
  below?: Markup;
}

export const pictureFamilies = {
  lossless: { text: "picture, lossless", colour: "var(--lc)", dash: "0,9", key: "dot" },
  webp: { text: "picture, WebP", colour: "var(--rc)" },
  jpeg: { text: "picture, JPEG", colour: "var(--rc)", dash: "6,4" },
  avif: { text: "picture, AVIF", colour: "var(--part-tail)" },
} as const satisfies Record<string, Family>;

/** Of a picture's codec by name (`png`, `jpeg-90`); undefined of what is none. */
export function pictureFamily(codec: string): keyof typeof pictureFamilies | undefined {
  if (["raw", "png", "webp"].includes(codec)) return "lossless";
  return (["webp", "jpeg", "avif"] as const).find((lossy) => codec.startsWith(`${lossy}-`));
}

export function rateSection(curves: RateCurves, words: RateWords): Markup {
  if (curves.rate.length === 0) return html``;
  const word = metricWord(curves.metric);
  const shown = Object.entries(curves.families).filter(([name]) => curves.rate.some(({ family }) => family === name));
  return html`<section id="rate">
    <h2>${words.heading}</h2>
    ${figure({
      id: "rate-chart",
      title: `${word[0]!.toUpperCase()}${word.slice(1)} by the bytes of a message`,
      legend: legend([
        ...shown.map(([, { text, colour, dash, key }]) => [text, colour, key ?? (dash ? "dash" : "line")] as const),
        [words.hollow, "var(--ink)", "ring"],
        ["the whole model", "var(--muted)", "dash"],
      ]),
      caption: words.caption,
      draw: (size) => [ratePlot(curves, size)],
      ...(words.below && { below: words.below }),
    })}
  </section> `;
}

function ratePlot({ metric, whole, families, rate }: RateCurves, size: Size): Markup {
  const frame = {
    width: widths[size],
    height: size === "wide" ? 440 : 380,
    marginTop: 28,
    marginBottom: 42,
    marginLeft: 56,
    marginRight: 24,
  };
  const x = axisFor(rate.map((one) => one.bytes));
  const y = qualityAxis(metric, [whole, ...rate.map(({ quality }) => quality)]);
  const plane = planeOf(x, y, frame);
  // Names of finds first, then of each line's shortest messages.
  const least = new Map(rate.toSorted((a, b) => b.bytes - a.bytes).map((one) => [one.family, one]));
  const rankOf = (one: RatePoint): number => (!one.usual ? 0 : least.get(one.family) === one ? 1 : 2);
  const named = rate.filter(({ quiet }) => !quiet);
  const spots = named.map((one) => ({
    ...plane.pixel({ x: one.bytes, y: one.quality.value }),
    rank: rankOf(one),
    text: one.name,
  }));
  const labels = placeLabels(spots, frame, size === "wide" ? 11 : 10);
  const colour = ({ family }: RatePoint): string => families[family]!.colour;
  return draw(`${metricWord(metric)} against bytes, one mark per way to send`, {
    ...frame,
    style: { fontSize: `${fontSize}px` },
    x: { type: x.type, domain: x.domain, label: null },
    y: { domain: y.domain, label: null },
    marks: [
      ...qualityMarks(metric, y),
      Plot.gridX({ ...grid, ticks: x.ticks(size === "wide" ? 8 : 4) }),
      Plot.axisX({
        ...axis,
        ticks: x.ticks(size === "wide" ? 8 : 4),
        text: (value: number) => trim(bytes(value)),
        label: "bytes of a message",
        labelAnchor: "center",
      }),
      Plot.ruleY([whole.value], { stroke: "var(--muted)", strokeDasharray: "5,4" }),
      ...Object.entries(families).map(([name, { colour, dash }]) =>
        Plot.line(
          rate.filter((one) => one.family === name && one.usual).toSorted((a, b) => a.bytes - b.bytes),
          {
            x: "bytes",
            y: (one: RatePoint) => one.quality.value,
            stroke: colour,
            strokeWidth: 1.75,
            ...(dash && { strokeDasharray: dash }),
          },
        ),
      ),
      Plot.ruleX(rate, {
        x: "bytes",
        y1: (one: RatePoint) => Math.max(y.domain[0], one.quality.lo),
        y2: (one: RatePoint) => Math.min(y.domain[1], one.quality.hi),
        stroke: colour,
        strokeOpacity: 0.3,
      }),
      labelTies(labels, plane),
      Plot.dot(rate, {
        x: "bytes",
        y: (one: RatePoint) => one.quality.value,
        r: 4,
        stroke: colour,
        strokeWidth: 1.6,
        fill: (one: RatePoint) => (one.hollow ? "var(--surface)" : colour(one)),
        title: (one: RatePoint) => `${one.name}: ${bytes(one.bytes)}, ${inUnit(metric, one.quality.value)}`,
      }),
      ...labelTexts(labels, plane, size === "wide" ? 11 : 10),
    ],
  });
}
