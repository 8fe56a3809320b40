/** @file What a cut is worth on the wire, drawn: quality against bytes beside pictures, and against losses and how they come. */
import * as Plot from "@observablehq/plot";
import type { Estimate } from "@split-et-impera/core/statistics";
import { metricRule } from "@split-et-impera/core/study";
import { formatPercent } from "@split-et-impera/core/units";
import { axis, axisFor, draw, figure, fontSize, grid, legend, widths, type Axis, type Size } from "./chart.ts";
import { bytes, inUnit, percent, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { labelTexts, labelTies, placeLabels, planeOf } from "./labels.ts";
import { metricWord } from "./quality.ts";

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

/** A way to send under loss. */
export interface LossyPoint {
  way: string;
  codec: string;
  loss: number;
  burst: number;
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

/** Quality against losses. */
export interface LossyCurves {
  metric: string;
  whole: Estimate;
  loss: readonly LossyPoint[];
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

/** Of ways under loss, in their order; from the seventh on they begin again, broken. */
const wayColours = ["--sc", "--rc", "--ee", "--part-tail", "--part-answer", "--lc"].map((name) => `var(${name})`);

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

export function lossySection(curves: LossyCurves): Markup {
  if (curves.loss.length === 0) return html``;
  return html`<section id="lossy">
    <h2>Losses</h2>
    ${lossyFigures(
      curves,
      html`Every way meets the same losses, packet by packet, so that differences are surer than the bars.`,
    )}
  </section> `;
}

/**
 * A chart per codec: against the loss for each length of runs, and against that length for each loss.
 * @param alike what the ways have in common
 */
export function lossyFigures(curves: LossyCurves, alike: Markup): Markup[] {
  const codecs = [...new Set(curves.loss.map(({ codec }) => codec))];
  const bursts = [...new Set(curves.loss.map(({ burst }) => burst))];
  const losses = [...new Set(curves.loss.map(({ loss }) => loss))];
  const word = metricWord(curves.metric);
  return codecs.map((codec, i) => {
    const own = curves.loss.filter((one) => one.codec === codec);
    const ways = [...new Set(own.map(({ way }) => way))];
    return figure({
      id: `lossy-chart${i === 0 ? "" : `-${i + 1}`}`,
      title: `${codec}: ${word} where datagrams are lost`,
      legend: legend(
        ways.map(
          (way, k) => [way, wayColours[k % wayColours.length]!, k < wayColours.length ? "line" : "dash"] as const,
        ),
      ),
      caption: html`Bars are 95 % intervals. ${alike} The dashed line is the whole model.`,
      draw: (size) => [
        ...bursts.map((burst) =>
          lossyPlot(
            curves,
            ways,
            own.filter((one) => one.burst === burst),
            {
              size,
              along: "loss",
              said: burst === 1 ? "lost independently" : `lost in runs of ${burst} in the mean`,
            },
          ),
        ),
        ...(bursts.length > 1
          ? losses
              .filter((loss) => loss > 0)
              .map((loss) =>
                lossyPlot(
                  curves,
                  ways,
                  own.filter((one) => one.loss === loss),
                  { size, along: "burst", said: `${trim(percent(loss))} lost` },
                ),
              )
          : []),
      ],
    });
  });
}

function lossyPlot(
  { metric, whole, loss: all }: LossyCurves,
  ways: readonly string[],
  points: readonly LossyPoint[],
  { size, along, said }: { size: Size; along: "loss" | "burst"; said: string },
): Markup {
  const frame = {
    width: widths[size],
    height: size === "wide" ? 260 : 230,
    marginTop: 30,
    marginBottom: 42,
    marginLeft: 56,
    marginRight: 24,
  };
  const places = [...new Set(points.map((one) => one[along]))].toSorted((a, b) => a - b);
  const [first, last] = [places[0]!, places.at(-1)!];
  const room = (last - first || 1) * 0.06;
  const y = qualityAxis(metric, [whole, ...all.map(({ quality }) => quality)]);
  // Bars at one place would cover each other.
  const aside = (way: string): number =>
    (ways.indexOf(way) - (ways.length - 1) / 2) * (room / Math.max(4, ways.length));
  const colourOf = (way: string): string => wayColours[ways.indexOf(way) % wayColours.length]!;
  const at = (one: LossyPoint): number => one[along] + aside(one.way);
  return draw(
    `${metricWord(metric)} against ${along === "loss" ? "the share of datagrams lost" : "how many are lost in a row"}, ${said}`,
    {
      ...frame,
      style: { fontSize: `${fontSize}px` },
      x: { domain: [first - room, last + room], label: null },
      y: { domain: y.domain, label: null },
      marks: [
        ...qualityMarks(metric, y),
        Plot.axisX(places, {
          ...axis,
          tickFormat: (value: number) => (along === "loss" ? trim(percent(value)) : String(value)),
          label: along === "loss" ? `datagrams ${said}` : `datagrams in a row, ${said}`,
          labelAnchor: "center",
        }),
        Plot.ruleY([whole.value], { stroke: "var(--muted)", strokeDasharray: "5,4" }),
        ...ways.map((way, k) =>
          Plot.line(
            points.filter((one) => one.way === way).toSorted((a, b) => a[along] - b[along]),
            {
              x: at,
              y: (one: LossyPoint) => one.quality.value,
              stroke: colourOf(way),
              strokeWidth: 1.75,
              ...(k >= wayColours.length && { strokeDasharray: "6,4" }),
            },
          ),
        ),
        Plot.ruleX(points, {
          x: at,
          y1: (one: LossyPoint) => one.quality.lo,
          y2: (one: LossyPoint) => one.quality.hi,
          stroke: (one: LossyPoint) => colourOf(one.way),
          strokeOpacity: 0.4,
        }),
        Plot.dot(points, {
          x: at,
          y: (one: LossyPoint) => one.quality.value,
          r: 3.5,
          fill: (one: LossyPoint) => colourOf(one.way),
          title: (one: LossyPoint) => `${one.way}: ${inUnit(metric, one.quality.value)}`,
        }),
      ],
    },
  );
}

const isShare = (metric: string): boolean => metricRule(metric).format === formatPercent;

function qualityAxis(metric: string, estimates: readonly Estimate[]): Axis {
  return axisFor(
    estimates.flatMap(({ lo, hi }) => [lo, hi]),
    { log: false, ...(isShare(metric) && { most: 1.005 }) },
  );
}

const qualityMarks = (metric: string, y: Axis): Plot.Markish[] => [
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
