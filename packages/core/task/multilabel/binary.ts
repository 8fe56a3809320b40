/** @file Yes-no questions, several per sample: probabilities from outputs, what saliency follows back, the loss. */
import type { GraphBuilder } from "../../onnx/index.ts";
import type { Tensors } from "../../tensor/index.ts";
import { logitsBefore, rowsOf, sigmoids } from "../outputs.ts";
import type { ModelFacts, Target } from "../task.ts";

/** How the answers to yes-no questions are read. */
export interface BinaryScores {
  output: string;
  /** What the output holds: probabilities, or their logits. */
  form: "probabilities" | "logits";
  /** Where saliency begins: the logits where there are any in the graph, else the output. */
  scores: string;
  /** What these are. */
  scoreForm: "probabilities" | "logits";
  /** Numbers per sample. */
  columns: number;
}

/** Numbers behind a sigmoid, or all between 0 and 1, are probabilities; others are logits. */
export function binaryScores(facts: ModelFacts, output: string, columns: number): BinaryScores {
  const { name: scores, squashed } = logitsBefore(facts, output, sigmoids);
  const { min, max } = facts.seen.get(output)!;
  const form = squashed || (min >= 0 && max <= 1) ? "probabilities" : "logits";
  return { output, form, scores, scoreForm: squashed ? "logits" : form, columns };
}

/** Probabilities of each sample, of the first `count` questions. Throws `InputError` where one is NaN or infinite. */
export function probabilitiesOf(
  outputs: Tensors,
  { output, form, columns }: BinaryScores,
  count = columns,
): number[][] {
  return rowsOf(outputs, output, columns).map((row) =>
    row.slice(0, count).map((value) => (form === "logits" ? 1 / (1 + Math.exp(-value)) : value)),
  );
}

/**
 * y is the sum of the logits, each as positive as the answer is sure: z where the answer or the truth is yes, -z where it
 * is no. What has no truth does not count.
 * @param truth float32 [batch, count] of 0 and 1
 */
export function binaryTarget(g: GraphBuilder, binding: BinaryScores, count: number, truth?: string): Target {
  const { scores, scoreForm, columns } = binding;
  const middle = g.scalar(scoreForm === "logits" ? 0 : 0.5);
  if (truth === undefined) return { tensor: scores, seed: g.op("Sign", [g.op("Sub", [scores, middle])]) };
  const own = signs(g, truth);
  if (count === columns) return { tensor: scores, seed: g.reshapeLike(own, scores) };
  const rest = g.zerosLike(g.slice(g.reshape(scores, [-1, columns]), [count], [columns], [1]));
  return { tensor: scores, seed: g.reshapeLike(g.op("Concat", [own, rest], { axis: { int: 1 } }), scores) };
}

/** Least probability, and most less 1, of which a logarithm is taken. */
const least = 1e-6;

/**
 * The mean over samples and questions of log(1 + exp(-z)), with z turned where the truth is no; and the sum over samples of
 * the share of right answers.
 */
export function binaryLoss(
  g: GraphBuilder,
  { scores, scoreForm, columns }: BinaryScores,
  count: number,
  truth: string,
): { loss: string; metrics: Record<string, string> } {
  const all = g.reshape(scores, [-1, columns]);
  const own = count === columns ? all : g.slice(all, [0], [count], [1]);
  const margin = g.op("Mul", [scoreForm === "logits" ? own : logit(g, own), signs(g, truth)]);
  const right = g.cast(g.op("Greater", [margin, g.scalar(0)]), "float32");
  const perSample = g.reduceMean(g.op("Softplus", [g.op("Neg", [margin])]), [1], false);
  return {
    loss: g.reduceMean(perSample, [0], false),
    metrics: { correct: g.reduceSum(g.reduceMean(right, [1], false), [0], false) },
  };
}

/** log(p / (1 - p)) */
function logit(g: GraphBuilder, probabilities: string): string {
  const inside = g.op("Clip", [probabilities, g.scalar(least), g.scalar(1 - least)]);
  return g.op("Log", [g.op("Div", [inside, g.op("Sub", [g.scalar(1), inside])])]);
}

/** 0 and 1 as -1 and 1. */
const signs = (g: GraphBuilder, truth: string): string => g.op("Sub", [g.op("Mul", [truth, g.scalar(2)]), g.scalar(1)]);
