/** @file Losses as graph nodes. Each gives a scalar: a mean over the batch. */
import type { GraphBuilder } from "../onnx/index.ts";

/**
 * Cross-entropy of logits [batch, classes] against labels int64 [batch], and the number of rows whose arg-max is the
 * label. `smoothing` spreads that share of the target over all classes.
 */
export function crossEntropy(
  g: GraphBuilder,
  logits: string,
  labels: string,
  classes: number,
  smoothing = 0,
): { loss: string; correct: string } {
  const depth = g.constant({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(classes)) });
  const low = smoothing / classes;
  const values = g.constant({ type: "float32", dims: [2], data: Float32Array.of(low, 1 - smoothing + low) });
  const target = g.op("OneHot", [labels, depth, values], { axis: { int: -1 } });
  const logProbability = g.op("LogSoftmax", [logits], { axis: { int: 1 } });
  const perRow = g.reduceSum(g.op("Mul", [logProbability, target]), [1], false);
  const loss = g.op("Neg", [g.reduceMean(perRow, [0], false)]);
  const arg = g.op("ArgMax", [logits], { axis: { int: 1 }, keepdims: { int: 0 } });
  const hits = g.op("Cast", [g.op("Equal", [arg, labels])], { to: { int: 1 } });
  return { loss, correct: g.reduceSum(hits, [0], false) };
}

/** Mean squared difference over all elements. */
export function meanSquaredError(g: GraphBuilder, a: string, b: string, rank: number): string {
  const gap = g.op("Sub", [a, b]);
  return g.reduceMean(
    g.op("Mul", [gap, gap]),
    Array.from({ length: rank }, (_, i) => i),
    false,
  );
}
