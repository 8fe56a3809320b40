/** @file Scores per step in graphs: what saliency follows back, and the loss of training. */
import type { GraphBuilder } from "../../onnx/index.ts";
import type { Target } from "../task.ts";
import type { StepScores } from "./bind.ts";

/** A truth that is none: its step is not judged. As PyTorch and Hugging Face's collators mark what they fill up. */
export const ignored = -100;

/** Least probability of which a logarithm is taken. */
const least = 1e-6;

/**
 * y is the sum over steps of the log-probability of the likeliest class, or of the true one: of logits z its gradient is
 * onehot - softmax(z), of probabilities p it is onehot / p.
 * @param truth classes int64 [batch, steps]; absent: the likeliest
 */
export function stepTarget(g: GraphBuilder, binding: StepScores, truth?: string): Target {
  const { scores, scoreAxes, probabilities } = binding;
  const axis = scoreAxes.class;
  const { chosen, known } = stepsOf(g, binding, truth);
  const slope = probabilities
    ? g.op("Div", [chosen, g.op("Max", [scores, g.scalar(least)])])
    : g.op("Sub", [chosen, g.op("Softmax", [scores], { axis: { int: axis } })]);
  return { tensor: scores, seed: known ? g.op("Mul", [slope, g.unsqueeze(known, [axis])]) : slope };
}

/** The mean cross-entropy of the steps whose class is known; how many of them are right, and how many there are. */
export function stepLoss(
  g: GraphBuilder,
  binding: StepScores,
  truth: string,
): { loss: string; metrics: Record<string, string> } {
  const { scores, scoreAxes, probabilities } = binding;
  const axis = scoreAxes.class;
  const { chosen, known, own, labels } = stepsOf(g, binding, truth);
  const logs = probabilities
    ? g.op("Log", [g.op("Max", [scores, g.scalar(least)])])
    : g.op("LogSoftmax", [scores], { axis: { int: axis } });
  const sum = (x: string): string => g.reduceSum(g.reshape(x, [-1]), [0], false);
  const counted = (x: string): string => sum(g.op("Mul", [x, known!]));
  const steps = sum(known!);
  const gained = counted(g.reduceSum(g.op("Mul", [logs, chosen]), [axis], false));
  const correct = counted(g.cast(g.op("Equal", [own, labels]), "float32"));
  return {
    loss: g.op("Neg", [g.op("Div", [gained, g.op("Max", [steps, g.scalar(1)])])]),
    metrics: { correct, steps },
  };
}

/** The class of every step as the scores lie: the likeliest, that which is meant, and whether it is known. */
function stepsOf(g: GraphBuilder, { scores, scoreAxes, classes }: StepScores, truth: string | undefined) {
  const { batch = 0, step = 1, class: axis } = scoreAxes;
  const own = g.argMax(scores, axis);
  const asScores = (x: string): string => g.reshapeLike(step < batch ? g.transpose(x, [1, 0]) : x, own);
  const given = truth === undefined ? own : asScores(truth);
  // No label is below 0 but what is ignored.
  const labels = g.op("Max", [given, g.ints([0])]);
  return {
    own,
    labels,
    chosen: g.oneHot(labels, classes, axis),
    known: truth === undefined ? undefined : g.cast(g.op("Equal", [given, labels]), "float32"),
  };
}
