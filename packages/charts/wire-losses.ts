/** @file What a cut is worth where datagrams are lost, drawn: quality against the loss, and against how losses come. */
import * as Plot from "@observablehq/plot";
import type { Estimate } from "@split-et-impera/core/statistics";
import { axis, draw, figure, fontSize, legend, widths, type Size } from "./chart.ts";
import { inUnit, percent, trim } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { metricWord } from "./quality.ts";
import { qualityAxis, qualityMarks } from "./quality-axis.ts";

/** A way to send under loss. */
export interface LossyPoint {
  way: string;
  codec: string;
  loss: number;
  burst: number;
  quality: Estimate;
}

/** Quality against losses. */
export interface LossyCurves {
  metric: string;
  whole: Estimate;
  loss: readonly LossyPoint[];
}

/** Of ways under loss, in their order; from the seventh on they begin again, broken. */
const wayColours = ["--sc", "--rc", "--ee", "--part-tail", "--part-answer", "--lc"].map((name) => `var(${name})`);

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
