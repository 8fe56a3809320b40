/** @file The points of the saliency curve as the charts read them, and what the charts above each other share. */
import * as Plot from "@observablehq/plot";
import { wordsOf, type SaliencyPoint } from "@split-et-impera/core/design";
import type { Context } from "./context.ts";
import { fontSize, widths, type Size } from "./chart.ts";
import { bytes } from "./format.ts";

/** A point of the curve. */
export interface Layer extends SaliencyPoint {
  /** Position on the axis, from 1. */
  index: number;
  log: number;
  low: number;
  high: number;
  name: string;
  title: string;
  /** Whether a design cuts here. */
  tried: boolean;
}

/** The layers in the order of the network; values of no logarithm are NaN. */
export function layersOf(context: Context, points: readonly SaliencyPoint[]): Layer[] {
  const log = (value: number): number => (value > 0 ? Math.log10(value) : Number.NaN);
  const floor = Math.min(...points.map((point) => log(point.cs)).filter(Number.isFinite));
  const cuts = new Set(context.result.designs.map((design) => wordsOf(design).cut));
  const isTried = ({ tensor, sends }: SaliencyPoint): boolean =>
    cuts.has(tensor) || (sends !== undefined && cuts.has(sends));
  const words = (point: SaliencyPoint): string => {
    const as = point.sends === undefined ? "" : `, cut at ${point.sends}`;
    if (point.candidate) return isTried(point) ? `\ncandidate${as}` : `\ncandidate that no design tries${as}`;
    return point.legal ? "" : "\nno legal cut";
  };
  return points.map((point, i) => ({
    ...point,
    index: i + 1,
    log: log(point.cs),
    // An interval that reaches zero has no logarithm; it ends below the lowest value instead.
    low: point.lo > 0 ? log(point.lo) : Math.min(floor - 0.3, log(point.cs)),
    high: log(point.hi),
    name: context.names.brief(point.tensor),
    tried: isTried(point),
    title: `${i + 1}. ${point.tensor} (${point.operator}, ${point.shape.join("×")})\nlog10 CS ${fixed(log(point.cs))} (${fixed(log(point.lo))} to ${fixed(log(point.hi))})\n${bytes(point.bytes)} as float32${words(point)}`,
  }));
}

export const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");

/** Both charts share the margins at the sides, so that their axes are aligned. */
const margins = { marginLeft: 52, marginRight: 14 };

export function shared(layers: readonly Layer[], size: Size): Plot.PlotOptions {
  return {
    ...margins,
    width: widths[size],
    style: { fontSize: `${fontSize}px` },
    x: { type: "band", domain: layers.map((layer) => layer.index), label: null, axis: null, padding: 0.3 },
  };
}

export function guides(layers: readonly Layer[]): Plot.Markish {
  const candidates = layers.filter((layer) => layer.candidate);
  return Plot.ruleX(candidates, { x: "index", stroke: "var(--sc)", strokeOpacity: 0.35, strokeDasharray: "2,3" });
}

/**
 * Those of the layers whose texts, `pixels` wide, do not meet on an axis of `count` layers: candidates that are tried
 * come first, then candidates, of both the highest first, then the others in their order.
 */
export function named(layers: readonly Layer[], count: number, size: Size, pixels: number): Layer[] {
  const step = (widths[size] - margins.marginLeft - margins.marginRight) / count;
  const apart = Math.max(1, Math.ceil(pixels / step));
  const kept = new Set<number>();
  const free = (i: number): boolean => {
    for (let j = i - apart + 1; j < i + apart; j++) if (kept.has(j)) return false;
    return true;
  };
  const strongest = layers
    .filter((layer) => layer.candidate)
    .sort((a, b) => Number(b.tried) - Number(a.tried) || b.cs - a.cs);
  for (const layer of [...strongest, ...layers]) if (free(layer.index)) kept.add(layer.index);
  return layers.filter((layer) => kept.has(layer.index));
}
