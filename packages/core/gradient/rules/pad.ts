/**
 * @file Padding with zeros, and cropping where numbers are negative. Numbers are given for all axes: ONNX Runtime's optimiser,
 * where it moves a transposition across a Pad, overlooks that operator's list of axes (seen in 1.30).
 */
import type { GraphBuilder } from "../../onnx/index.ts";

/** Pads along some axes of a tensor of some rank. */
export function padAlong(
  g: GraphBuilder,
  x: string,
  rank: number,
  axes: readonly number[],
  before: readonly number[],
  behind: readonly number[],
): string {
  const pads = Array.from({ length: 2 * rank }, () => 0);
  axes.forEach((axis, i) => {
    pads[axis] = before[i]!;
    pads[axis + rank] = behind[i]!;
  });
  return g.op("Pad", [x, g.ints(pads)]);
}

/** The same with numbers computed at run time, int64 [2 axes]: all that stand before, then all behind. */
export function padComputed(g: GraphBuilder, x: string, rank: number, axes: readonly number[], pads: string): string {
  const places = g.ints([...axes, ...axes.map((axis) => axis + rank)]);
  const none = g.ints(Array.from({ length: 2 * rank }, () => 0));
  return g.op("Pad", [x, g.op("ScatterElements", [none, places, pads])]);
}
