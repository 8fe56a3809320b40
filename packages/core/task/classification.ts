/** @file Classification: one of several classes per image; the metric is the share of images whose first class is right. */
import { InputError } from "../errors/index.ts";
import type { GraphBuilder } from "../onnx/index.ts";
import { int64 } from "../tensor/index.ts";
import { crossEntropy } from "../training/index.ts";
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
} from "./outputs.ts";
import { meanMetric, type MetricWords } from "./metric.ts";
import { lacking } from "./annotation.ts";
import type { Binding, ModelFacts, Task, TaskRow, Target } from "./task.ts";

export interface ClassificationSpec {
  kind: "classification";
  /** Names by label. */
  classes: readonly string[];
  /** Which output holds the scores. Default: the first with a score per class. */
  output?: string;
}

/** How scores of classes are read. */
export interface ClassBinding extends Binding {
  /** The tensor that decides: the output with the scores, or the logits before its softmax. */
  scores: string;
  /** Numbers per image in it. */
  columns: number;
  /** Of one column: the class is 1 where the output's number is above this. */
  threshold?: number;
}

const accuracy: MetricWords = {
  name: "accuracy",
  means: "share of images whose first class is right",
  better: "more",
  unit: "share",
};

/** The task. Truths and answers are labels; evidence is 1 where they agree, else 0. */
export function classification(spec: ClassificationSpec): Task<number, number, number, ClassBinding> {
  return {
    spec,
    metrics: [meanMetric(accuracy, (right: number) => right)],
    bind: (facts) => bind(facts, spec),
    answers(binding, outputs) {
      const [name] = binding.outputs as [string];
      const { [name]: scores } = outputs;
      const values = finiteNumbers(scores!, name);
      const { columns, threshold } = binding;
      return Array.from({ length: values.length / columns }, (_, row) =>
        threshold === undefined ? largest(values, row * columns, columns) : Number(values[row]! > threshold),
      );
    },
    truth: ({ label }) => label ?? lacking("a class", "classification"),
    judge: (answer, truth) => (answer === truth ? 1 : 0),
    target: (g, binding, truth) => [classTarget(g, binding, truth)],
    learn: { truths: (labels) => int64([labels.length], labels), loss: classLossOf },
  };
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

export const classificationRow: TaskRow<ClassificationSpec, number, number, number, ClassBinding> = {
  means: "one of the data's classes per image; its quality is the share of images whose first class is right",
  metrics: [accuracy],
  classes: true,
  truth: "labels",
  open: classification,
};
