/** @file Losses as graph nodes. Each gives a scalar: a mean over the batch. */
import type { GraphBuilder } from "../onnx/index.ts";

/** Which loss a classifier is trained with. */
export type LossOptions =
  | { kind: "cross-entropy"; smoothing?: number }
  /** Squared difference of the logits from 1 for the label and 0 for the others, or from a teacher's logits. */
  | { kind: "mse"; teacher?: boolean }
  /** `weight` is the teacher's part; the labels' cross-entropy has the rest. Default 0.9. */
  | { kind: "distillation"; temperature: number; weight?: number; smoothing?: number };

/** Whether a loss is fed a teacher's logits. */
export function needsTeacher(options: LossOptions): boolean {
  return options.kind === "distillation" || (options.kind === "mse" && options.teacher === true);
}

/** The loss of logits [batch, classes], and the number of rows whose arg-max is the label. */
export function classLoss(
  g: GraphBuilder,
  logits: string,
  from: { labels: string; teacher: string },
  classes: number,
  options: LossOptions,
): { loss: string; correct: string } {
  const { labels, teacher } = from;
  if (options.kind === "cross-entropy") return crossEntropy(g, logits, labels, classes, options.smoothing);
  const correct = countCorrect(g, logits, labels);
  if (options.kind === "mse") {
    const target = options.teacher === true ? teacher : oneHot(g, labels, classes, 0);
    return { loss: meanSquaredError(g, logits, target, 2), correct };
  }
  const { temperature, weight = 0.9, smoothing } = options;
  const taught = distillation(g, logits, teacher, temperature);
  const own = crossEntropy(g, logits, labels, classes, smoothing).loss;
  const weighed = (loss: string, by: number): string => g.op("Mul", [loss, g.scalar(by)]);
  return { loss: g.op("Add", [weighed(taught, weight), weighed(own, 1 - weight)]), correct };
}

/**
 * Scores [batch, classes] of a tensor with `columns` numbers per image. One number z is two classes of -z / 2 and z / 2,
 * whose probabilities are those of a sigmoid.
 */
export function classScores(g: GraphBuilder, { scores, columns }: { scores: string; columns: number }): string {
  const rows = g.reshape(scores, [-1, columns]);
  if (columns > 1) return rows;
  const half = g.op("Mul", [rows, g.scalar(0.5)]);
  return g.op("Concat", [g.op("Neg", [half]), half], { axis: { int: 1 } });
}

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
  const target = oneHot(g, labels, classes, smoothing);
  const logProbability = g.op("LogSoftmax", [logits], { axis: { int: 1 } });
  const perRow = g.reduceSum(g.op("Mul", [logProbability, target]), [1], false);
  return { loss: g.op("Neg", [g.reduceMean(perRow, [0], false)]), correct: countCorrect(g, logits, labels) };
}

/**
 * T^2 times the divergence of the student's probabilities from the teacher's, both softened by the temperature T; T^2
 * keeps the gradients' size when T changes (Hinton, Vinyals and Dean, 2015).
 */
export function distillation(g: GraphBuilder, logits: string, teacher: string, temperature: number): string {
  const soft = (x: string): string =>
    g.op("LogSoftmax", [g.op("Div", [x, g.scalar(temperature)])], { axis: { int: 1 } });
  const known = soft(teacher);
  const gap = g.op("Sub", [known, soft(logits)]);
  const perRow = g.reduceSum(g.op("Mul", [g.op("Exp", [known]), gap]), [1], false);
  return g.op("Mul", [g.reduceMean(perRow, [0], false), g.scalar(temperature ** 2)]);
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

function oneHot(g: GraphBuilder, labels: string, classes: number, smoothing: number): string {
  const depth = g.constant({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(classes)) });
  const low = smoothing / classes;
  const values = g.constant({ type: "float32", dims: [2], data: Float32Array.of(low, 1 - smoothing + low) });
  return g.op("OneHot", [labels, depth, values], { axis: { int: -1 } });
}

function countCorrect(g: GraphBuilder, logits: string, labels: string): string {
  const arg = g.argMax(logits, 1);
  return g.reduceSum(g.cast(g.op("Equal", [arg, labels]), "float32"), [0], false);
}
