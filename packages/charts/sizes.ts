/** @file What every layer's output weighs, in each way in which the study sends tensors, against the input. */
import * as Plot from "@observablehq/plot";
import { codecs } from "@split-et-impera/core/wire";
import { axis, axisFor, draw, grid, textWidth, type Size } from "./chart.ts";
import type { Context } from "./context.ts";
import { bytes, grouped } from "./format.ts";
import type { Markup } from "./html.ts";
import { named, shared, type Layer } from "./layers.ts";
import { ellipsis } from "./names.ts";
import { sampleNoun } from "./quality.ts";

/** Bytes of the input as a camera has it, 8 bits a value. */
export function inputBytes(context: Context): number {
  return context.result.model.input.shape.reduce((product, side) => product * Math.max(1, side), 1);
}

/** The codecs of the study, the widest first, with their bytes per byte of float32; float32 where it names none. */
export function waysOf(context: Context): { name: string; share: number }[] {
  const kinds = context.result.study.explore.codecs;
  return (kinds.length > 0 ? kinds : (["float32"] as const))
    .map((name) => ({ name, share: codecs[name].share }))
    .sort((a, b) => b.share - a.share);
}

/** `As float32 no tensor of 15 is smaller than the input; as uint8 5 are.` */
export function smallerText(context: Context, layers: readonly Layer[]): string {
  const input = inputBytes(context);
  const parts = waysOf(context).map(({ name, share }, i) => {
    const smaller = layers.filter((layer) => layer.bytes * share < input).length;
    const many = smaller === 0 ? (i === 0 ? "no tensor" : "none") : grouped(smaller);
    return i === 0
      ? `As ${name} ${many} of ${grouped(layers.length)} ${smaller > 1 ? "are" : "is"} smaller than the input`
      : `as ${name} ${many} ${smaller > 1 ? "are" : "is"}`;
  });
  const more = context.result.study.explore.bottlenecks.length > 0 ? " Bottlenecks send less still." : "";
  return `${parts.join("; ")}.${more}`;
}

interface Weight extends Layer {
  weight: number;
  text: string;
}

const colour = (d: Layer): string => (d.candidate ? "var(--sc)" : d.legal ? "var(--rc)" : "var(--muted)");

/** Dots, not bars: a logarithmic axis has no zero for a bar to stand on. */
export function sizes(context: Context, layers: readonly Layer[], size: Size): Markup {
  const input = inputBytes(context);
  const ways = waysOf(context);
  const weights = layers.flatMap((layer) =>
    ways.map(({ name, share }): Weight => {
      const weight = layer.bytes * share;
      return { ...layer, weight, text: `${layer.index}. ${layer.tensor}\n${bytes(weight)} as ${name}` };
    }),
  );
  const axisBytes = axisFor([...weights.map(({ weight }) => weight), input], { log: true });
  const labels = new Map(
    named(layers, layers.length, size, 13).map((layer) => [layer.index, ellipsis(layer.name, 20)]),
  );
  // Those of candidates are bold, which takes a tenth more.
  const longest = 1.1 * Math.max(0, ...[...labels].map(([, text]) => textWidth(text, 11)));
  const indices = (candidate: boolean): number[] =>
    layers.filter((layer) => layer.candidate === candidate && labels.has(layer.index)).map((layer) => layer.index);
  const names = (candidate: boolean): Plot.Markish =>
    Plot.axisX(indices(candidate), {
      ...axis,
      color: candidate ? "var(--sc-text)" : "var(--muted)",
      fontWeight: candidate ? 600 : 400,
      fontSize: 11,
      tickRotate: -90,
      tickSize: candidate ? 6 : 3,
      tickFormat: (index: number) => labels.get(index) ?? "",
    } as Plot.AxisXOptions);
  const noun = sampleNoun(context.result);
  const [widest, narrowest] = [ways[0]!.share, ways.at(-1)!.share];
  return draw(`Bytes per ${noun} of every layer's output, on a logarithmic axis`, {
    ...shared(layers, size),
    height: 190 + longest,
    marginTop: 34,
    marginBottom: longest + 20,
    y: { type: "log", domain: axisBytes.domain },
    marks: [
      Plot.gridY({ ...grid, ticks: axisBytes.ticks(4) }),
      Plot.axisY({
        ...axis,
        ticks: axisBytes.ticks(4),
        // Not tickFormat: that of a logarithmic scale leaves labels out.
        text: (value: number) => bytes(value),
        label: `bytes per ${noun}, logarithmic`,
        labelAnchor: "top",
        labelOffset: 50,
      }),
      Plot.ruleY([input], { stroke: "var(--ink)", strokeDasharray: "4,3" }),
      Plot.ruleX(ways.length > 1 ? layers : [], {
        x: "index",
        y1: (d: Layer) => d.bytes * narrowest,
        y2: (d: Layer) => d.bytes * widest,
        stroke: colour,
        strokeOpacity: 0.55,
      }),
      Plot.dot(weights, {
        x: "index",
        y: "weight",
        r: layers.length > 60 ? 2 : size === "wide" ? 4 : 3,
        fill: (d: Weight) => ((d.candidate ? d.tried : d.legal) ? colour(d) : "var(--surface)"),
        stroke: colour,
        strokeWidth: 1.5,
        title: "text",
      }),
      ...(indices(false).length > 0 ? [names(false)] : []),
      ...(indices(true).length > 0 ? [names(true)] : []),
    ],
  });
}
