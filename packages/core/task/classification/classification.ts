/** @file Classification: one of several classes per image; the first metric is the share of images whose first class is right. */
import { InputError } from "../../errors/index.ts";
import type { GraphBuilder } from "../../onnx/index.ts";
import { int64 } from "../../tensor/index.ts";
import { crossEntropy } from "../../training/index.ts";
import {
  areScores,
  finiteNumbers,
  largest,
  listOutputs,
  logitsBefore,
  moreScores,
  possibleOutputs,
  sigmoids,
  softmaxes,
} from "../outputs.ts";
import { lacking } from "../annotation.ts";
import type { Binding, ModelFacts, Task, TaskRow, Target } from "../task.ts";
import { classMetrics, metricsFor, type ClassEvidence } from "./metrics.ts";

export interface ClassificationSpec {
  kind: "classification";
  /** Names by label. */
  classes: readonly string[];
  /** Which output holds the scores. Default: the first with a score per class. */
  output?: string;
  /** Whether metrics that take the scores of all classes are wanted too; they are kept then, a number per class and image. */
  details?: boolean;
}

/** The class; where a truth was known as the scores were read, with what they say of it. */
export type ClassAnswer = number | { class: number; rank: number; scores?: readonly number[] };

/** How scores of classes are read. */
export interface ClassBinding extends Binding {
  /** The tensor that decides: the output with the scores, or the logits before its softmax. */
  scores: string;
  /** Numbers per image in it. */
  columns: number;
  /** Of one column: the class is 1 where the output's number is above this. */
  threshold?: number;
}

/** The task. Truths and answers are labels. */
export function classification(spec: ClassificationSpec): Task<number, ClassAnswer, ClassEvidence, ClassBinding> {
  const { classes, details = false } = spec;
  return {
    spec,
    metrics: metricsFor(classes.length, details),
    bind: (facts) => bind(facts, spec),
    answers(binding, outputs, truths) {
      const [name] = binding.outputs as [string];
      const { [name]: scores } = outputs;
      const { columns, threshold } = binding;
      const values = bothScores(finiteNumbers(scores!, name), threshold);
      const count = Math.max(2, columns);
      return Array.from({ length: values.length / count }, (_, row): ClassAnswer => {
        const start = row * count;
        const said = largest(values, start, count);
        const truth = truths?.[row];
        if (truth === undefined) return said;
        const rank = said === truth ? 0 : rankOf(values, start, count, truth);
        if (!details) return { class: said, rank };
        return { class: said, rank, scores: Array.from(classes, (__, c) => values[start + c]!) };
      });
    },
    truth: ({ label }) => label ?? lacking("a class", "classification"),
    compact: ({ columns }) => ({ kind: "class", columns, says: (label) => label }),
    judge: (answer, label) => judge(answer, label),
    target: (g, binding, truth) => [classTarget(g, binding, truth)],
    learn: { truths: (labels) => int64([labels.length], labels), loss: classLossOf },
  };
}

/** The class that is said, and where the one that holds is among all. */
function judge(answer: ClassAnswer | undefined, label: number): ClassEvidence {
  if (answer === undefined) return { label };
  if (typeof answer === "number") return { label, said: answer };
  const { class: said, rank, scores } = answer;
  return { label, said, rank, ...(scores && { scores }) };
}

/** Of a single number per image those of two classes, the second's where it is above the threshold. */
function bothScores(values: ArrayLike<number>, threshold: number | undefined): ArrayLike<number> {
  if (threshold === undefined) return values;
  const both = new Float64Array(2 * values.length);
  for (let i = 0; i < values.length; i++) {
    both[2 * i] = threshold;
    both[2 * i + 1] = values[i]!;
  }
  return both;
}

/** How many classes come before one: those with higher scores, and of equal ones the first. */
function rankOf(values: ArrayLike<number>, start: number, count: number, label: number): number {
  const own = label < count ? values[start + label]! : -Infinity;
  let rank = 0;
  for (let c = 0; c < count; c++) {
    const score = values[start + c]!;
    if (score > own || (score === own && c < label)) rank++;
  }
  return rank;
}

/**
 * The output with a score per class, by name or the first of the right size. One number for two classes is the logit of
 * the second, or its probability behind a sigmoid. More scores than classes are taken, with a note.
 */
function bind(facts: ModelFacts, { classes, output }: ClassificationSpec): ClassBinding {
  const count = classes.length;
  const possible = possibleOutputs(facts, output);
  const rows = possible.filter((one) => areScores(facts, one));
  const exact = rows.find(({ columns }) => columns === count && count > 1);
  const single = count === 2 ? rows.find(({ columns }) => columns === 1) : undefined;
  const larger = rows.find(({ columns = 0 }) => columns > count);
  const chosen = exact ?? single ?? larger;
  if (!chosen) {
    const where = output === undefined ? "among the model's outputs" : `in the output "${output}"`;
    const hint = output === undefined && possible.length > 1 ? "; task.output chooses one" : "";
    throw new InputError(
      "ERR_TASK_OUTPUT",
      `expected scores [batch, ${count}] for the ${count} classes of the data ${where}, got ${listOutputs(facts)}${hint}`,
    );
  }
  const { name } = chosen;
  if (chosen === single) {
    const { name: scores, squashed } = logitsBefore(facts, name, sigmoids);
    return { outputs: [name], decides: [scores], scores, columns: 1, threshold: squashed ? 0.5 : 0, notes: [] };
  }
  const { name: decides } = logitsBefore(facts, name, softmaxes);
  const columns = chosen.columns!;
  const notes = moreScores(name, columns, count);
  return { outputs: [name], decides: [decides], scores: decides, columns, notes };
}

/**
 * Cross-entropy of the scores against labels int64 [batch], and the number of right ones; of one logit z, the mean of
 * log(1 + exp(-z)) with z turned for the first class.
 */
export function classLossOf(
  g: GraphBuilder,
  binding: ClassBinding,
  labels: string,
): { loss: string; metrics: Record<string, string> } {
  const { scores, columns } = binding;
  if (columns > 1) {
    const { loss, correct } = crossEntropy(g, flat(g, binding), labels, columns);
    return { loss, metrics: { correct } };
  }
  const margin = g.op("Mul", [g.reshape(scores, [-1]), signs(g, labels)]);
  const right = g.op("Cast", [g.op("Greater", [margin, g.scalar(0)])], { to: { int: 1 } });
  return {
    loss: g.reduceMean(g.op("Softplus", [g.op("Neg", [margin])]), [0], false),
    metrics: { correct: g.reduceSum(right, [0], false) },
  };
}

/** y is the logit of the class; with one logit z, z for the second class and -z for the first. */
export function classTarget(g: GraphBuilder, binding: ClassBinding, truth: string | undefined): Target {
  const { scores, columns } = binding;
  if (columns === 1) {
    const sign = truth === undefined ? g.op("Sign", [scores]) : g.reshapeLike(signs(g, truth), scores);
    return { tensor: scores, seed: sign };
  }
  const label = truth ?? g.argMax(flat(g, binding), 1);
  return { tensor: scores, seed: g.reshapeLike(g.oneHot(label, columns, -1), scores) };
}

const flat = (g: GraphBuilder, { scores, columns }: ClassBinding): string => g.reshape(scores, [-1, columns]);

/** Labels 0 and 1 as -1 and 1, float32 [batch]. */
function signs(g: GraphBuilder, labels: string): string {
  const label = g.op("Cast", [labels], { to: { int: 1 } });
  return g.op("Sub", [g.op("Mul", [label, g.scalar(2)]), g.scalar(1)]);
}

export const classificationRow: TaskRow<ClassificationSpec, number, ClassAnswer, ClassEvidence, ClassBinding> = {
  means: "one of the data's classes per image; its quality is the share of images whose first class is right",
  metrics: classMetrics,
  classes: true,
  truth: "labels",
  steady: true,
  open: classification,
};
