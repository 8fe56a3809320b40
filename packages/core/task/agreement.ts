/** @file Agreement: no labels; the answers of the unchanged model are the truth, of whatever kind they are. */
import { InputError, internal } from "../errors/index.ts";
import { float32, int64 } from "../tensor/index.ts";
import { classLossOf, classTarget, type ClassBinding } from "./classification/classification.ts";
import {
  areScores,
  finiteNumbers,
  largest,
  listOutputs,
  logitsBefore,
  outputColumns,
  possibleOutputs,
  rowsOf,
  softmaxes,
} from "./outputs.ts";
import { meanMetric, type MetricWords } from "./metric.ts";
import type { Task, TaskRow } from "./task.ts";

export interface AgreementSpec {
  kind: "agreement";
  /** The output that is compared. Default: the first with a row of numbers per image. */
  output?: string;
  /**
   * How: `class`, where the largest number is the answer, or `values`, one less the relative error
   * |a - b| / |b| of all numbers (0 where it is above 1). Default: `class` for rows [batch, n] of two numbers or more.
   */
  by?: "class" | "values";
}

/** The largest number's place, or all numbers of an image. */
export type AgreementAnswer = { class: number } | { values: number[] };

export interface AgreementBinding extends ClassBinding {
  by: "class" | "values";
  /** There are more or fewer numbers from sample to sample: all of a run are one sample's. `columns` are those of one. */
  varies?: true;
}

const same: MetricWords = {
  name: "agreement",
  means:
    "share of samples with the unchanged model's answer; of outputs that are no class scores, one less the mean relative error",
  better: "more",
  unit: "share",
};

/** The task. Evidence is 1 for the same answer, 0 for none or another; with `values` it can lie between. */
export function agreement(spec: AgreementSpec): Task<AgreementAnswer, AgreementAnswer, number, AgreementBinding> {
  return {
    spec,
    metrics: [meanMetric(same, (evidence: number) => evidence)],
    bind(facts): AgreementBinding {
      const chosen = possibleOutputs(facts, spec.output).find(
        (one) =>
          ((one.columns ?? 0) > 0 || facts.varying?.has(one.name)) &&
          facts.seen.get(one.name)!.type !== "string" &&
          (spec.by !== "class" || ((one.columns ?? 0) > 1 && areScores(facts, one))),
      );
      if (!chosen) {
        const wanted =
          spec.by === "class"
            ? "scores [batch, n], two or more, the largest of which is the answer"
            : "an output with numbers for every image, the batch first";
        throw new InputError("ERR_TASK_OUTPUT", `expected ${wanted}, got ${listOutputs(facts)}`);
      }
      const { name, columns = 0 } = chosen;
      const { dims } = facts.seen.get(name)!;
      const varies = facts.varying?.has(name) === true;
      const rowOfScores = dims.length === 2 && dims[0] === facts.rows && columns > 1 && !varies;
      const by = spec.by ?? (rowOfScores ? "class" : "values");
      const scores = by === "class" ? logitsBefore(facts, name, softmaxes).name : name;
      const others = outputColumns(facts).length - 1;
      const notes =
        others > 0 && spec.output === undefined
          ? [`of ${others + 1} outputs the answer is the first that fits, "${name}"; task.output names another`]
          : [];
      return { outputs: [name], decides: [scores], scores, columns, by, notes, ...(varies && { varies: true }) };
    },
    answers(binding, outputs) {
      const { outputs: names, columns, by } = binding;
      const [name] = names as [string];
      if (binding.varies) return [{ values: Array.from(finiteNumbers(outputs[name]!, name)) }];
      if (by === "values") return rowsOf(outputs, name, columns).map((values) => ({ values }));
      const values = finiteNumbers(outputs[name]!, name);
      return Array.from({ length: values.length / columns }, (_, row) => ({
        class: largest(values, row * columns, columns),
      }));
    },
    truth: () => {
      throw internal("agreement is with the unchanged model, not with what the data say");
    },
    compact({ by, columns, varies }) {
      if (by === "class") return { kind: "class", columns, says: (label) => ({ class: label }) };
      return varies ? undefined : { kind: "values", columns, says: (values) => ({ values }) };
    },
    judge: (answer, truth) => (answer === undefined ? 0 : sameness(answer, truth)),
    // Of values: the gradient of half their squared length, so that each counts as much as it is large.
    target(g, binding, truth) {
      if (binding.by === "class") return [classTarget(g, binding, truth)];
      return [{ tensor: binding.scores, seed: g.op("Identity", [binding.scores]) }];
    },
    learn: {
      loss(g, binding, truth) {
        if (binding.by === "class") return classLossOf(g, binding, truth);
        const gap = g.op("Sub", [g.reshape(binding.scores, [-1, binding.columns]), truth]);
        const perImage = g.reduceMean(g.op("Mul", [gap, gap]), [1], false);
        return {
          loss: g.reduceMean(perImage, [0], false),
          metrics: { squaredError: g.reduceSum(perImage, [0], false) },
        };
      },
      truths(truths) {
        const [first] = truths;
        const numbers = truths.map((one) => ("class" in one ? [one.class] : one.values));
        if (!first || "class" in first) return int64([truths.length], numbers.flat());
        return float32([truths.length, first.values.length], numbers.flat());
      },
    },
  };
}

/** One less the relative error; classes are the same or not. */
function sameness(answer: AgreementAnswer, truth: AgreementAnswer): number {
  if ("class" in answer || "class" in truth)
    return "class" in answer && "class" in truth && answer.class === truth.class ? 1 : 0;
  if (answer.values.length !== truth.values.length) return 0;
  let [error, size] = [0, 0];
  for (const [i, wanted] of truth.values.entries()) {
    error += (answer.values[i]! - wanted) ** 2;
    size += wanted ** 2;
  }
  if (error === 0) return 1;
  return size === 0 ? 0 : Math.max(0, 1 - Math.sqrt(error / size));
}

export const agreementRow: TaskRow<AgreementSpec, AgreementAnswer, AgreementAnswer, number, AgreementBinding> = {
  means:
    "no labels: the answers of the unchanged model are the truth; its quality is the share of images with the same " +
    "answer, of models that give class scores (of other outputs the library takes one less the mean relative error)",
  metrics: [same],
  classes: false,
  truth: "model",
  steady: true,
  open: agreement,
};
