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
  type OutputColumns,
  rowsOf,
  softmaxes,
} from "./outputs.ts";
import { meanMetric, type MetricWords } from "./metric.ts";
import type { ModelFacts, Task, TaskRow } from "./task.ts";

export interface AgreementSpec {
  kind: "agreement";
  /** The output that is compared. Default: the first with a row of numbers per image. */
  output?: string;
  /** Several outputs that are compared, such as the heads of a shared trunk, or all that hold numbers; in place of `output`. */
  outputs?: "all" | readonly string[];
  /**
   * How: `class`, where the largest number is the answer, or `values`, one less the relative error
   * |a - b| / |b| of all numbers (0 where it is above 1). Default: `class` for rows [batch, n] of two numbers or more.
   */
  by?: "class" | "values";
}

/** Of one output: the largest number's place, or all numbers of an image. */
type OutputAnswer = { class: number } | { values: number[] };

/** Of the output that is compared, or of each of several, in their order. */
export type AgreementAnswer = OutputAnswer | { outputs: OutputAnswer[] };

/** How far an answer is the model's, from 0 to 1; of several outputs that of each. */
export type AgreementEvidence = number | number[];

export interface AgreementBinding extends ClassBinding {
  by: "class" | "values";
  /** There are more or fewer numbers from sample to sample: all of a run are one sample's. `columns` are those of one. */
  varies?: true;
  /** How each of several outputs is read; `columns` are then those of all, and `scores` the first's. */
  parts?: AgreementBinding[];
}

type AgreementTask = Task<AgreementAnswer, AgreementAnswer, AgreementEvidence, AgreementBinding>;

/** So many outputs have a figure of their own; more are not compared at once. */
export const mostOutputs = 8;

const same: MetricWords = {
  name: "agreement",
  means:
    "share of samples with the unchanged model's answer; of outputs that are no class scores, one less the mean relative error; " +
    "of several outputs (`task.outputs`) the least of any, so that of class scores it is the share of samples where all are the same",
  better: "more",
  unit: "share",
};

/** The same of one of several outputs. */
const sameOf = Array.from({ length: mostOutputs }, (_, i): MetricWords => ({
  name: `agreement-${i + 1}`,
  means: `the same of output ${i + 1} of \`task.outputs\` alone`,
  better: "more",
  unit: "share",
}));

/**
 * The task. Evidence is 1 for the same answer, 0 for none or another; with `values` it can lie between. Of several outputs
 * there is a number for each, of which the least counts.
 */
export function agreement(spec: AgreementSpec): AgreementTask {
  return spec.outputs === undefined ? ofOne(spec) : ofSeveral({ ...spec, outputs: spec.outputs });
}

/** Whether an output has numbers for every sample that can be compared in this way. */
const fits = (facts: ModelFacts, one: OutputColumns, { by }: Pick<AgreementSpec, "by">): boolean =>
  ((one.columns ?? 0) > 0 || facts.varying?.has(one.name) === true) &&
  facts.seen.get(one.name)!.type !== "string" &&
  (by !== "class" || ((one.columns ?? 0) > 1 && areScores(facts, one)));

/** Each output as a task of its own, together. */
function ofSeveral(spec: AgreementSpec & Pick<Required<AgreementSpec>, "outputs">): AgreementTask {
  const { outputs: asked, output, by } = spec;
  const alone: AgreementSpec = { kind: "agreement", ...(by && { by }) };
  // What is done with an output's binding is the same whichever output it is.
  const each = ofOne(alone);
  const count = asked === "all" ? mostOutputs : asked.length;
  return {
    spec,
    metrics: [
      meanMetric(same, (evidence: AgreementEvidence) => Math.min(...(evidence as number[]))),
      ...sameOf.slice(0, count).map((words, i) =>
        // `all` may be fewer than have a figure of their own.
        meanMetric(words, (evidence: AgreementEvidence) => (evidence as number[])[i] ?? Number.NaN),
      ),
    ],
    bind(facts) {
      if (output !== undefined)
        throw new InputError("ERR_TASK_OUTPUT", "task: expected `output` or `outputs`, got both");
      const names =
        asked === "all" ? outputColumns(facts).flatMap((one) => (fits(facts, one, spec) ? [one.name] : [])) : asked;
      const known = outputColumns(facts).map(({ name }) => name);
      const unknown = names.find((name) => !known.includes(name));
      if (unknown !== undefined)
        throw new InputError(
          "ERR_TASK_OUTPUT",
          `task.outputs: the model has no output "${unknown}"; its outputs are ${listOutputs(facts)}`,
        );
      const twice = names.find((name, i) => names.indexOf(name) < i);
      if (twice !== undefined)
        throw new InputError("ERR_TASK_OUTPUT", `task.outputs: expected each output once, got "${twice}" twice`);
      if (names.length < 1 || names.length > mostOutputs)
        throw new InputError(
          "ERR_TASK_OUTPUT",
          `task.outputs: expected 1 to ${mostOutputs} outputs with numbers for every sample, got ${names.length}; the model's are ${listOutputs(facts)}`,
        );
      const parts = names.map((name) => ofOne({ ...alone, output: name }).bind(facts));
      return {
        outputs: [...names],
        decides: parts.flatMap(({ decides }) => decides),
        scores: parts[0]!.scores,
        columns: parts.reduce((sum, { columns }) => sum + columns, 0),
        by: "values",
        notes: [],
        parts,
      };
    },
    answers({ parts }, outputs) {
      const all = parts!.map((part) => each.answers(part, outputs) as OutputAnswer[]);
      return all[0]!.map((_, row) => ({ outputs: all.map((one) => one[row]!) }));
    },
    truth: () => {
      throw internal("agreement is with the unchanged model, not with what the data say");
    },
    judge(answer, truth) {
      const wanted = (truth as { outputs: OutputAnswer[] }).outputs;
      const said = answer as { outputs: OutputAnswer[] } | undefined;
      return wanted.map((one, i) => each.judge(said?.outputs[i], one) as number);
    },
    target: (g, { parts }) => parts!.flatMap((part) => each.target(g, part)),
  };
}

function ofOne(spec: AgreementSpec): AgreementTask {
  return {
    spec,
    metrics: [meanMetric(same, (evidence: AgreementEvidence) => evidence as number)],
    bind(facts): AgreementBinding {
      const chosen = possibleOutputs(facts, spec.output).find((one) => fits(facts, one, spec));
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
          ? [
              `of ${others + 1} outputs the answer is the first that fits, "${name}"; task.output names another, task.outputs several`,
            ]
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
    judge: (answer, truth) => (answer === undefined ? 0 : sameness(answer as OutputAnswer, truth as OutputAnswer)),
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
        const ofOutput = truths as readonly OutputAnswer[];
        const [first] = ofOutput;
        const numbers = ofOutput.map((one) => ("class" in one ? [one.class] : one.values));
        if (!first || "class" in first) return int64([ofOutput.length], numbers.flat());
        return float32([ofOutput.length, first.values.length], numbers.flat());
      },
    },
  };
}

/** One less the relative error; classes are the same or not. */
function sameness(answer: OutputAnswer, truth: OutputAnswer): number {
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

export const agreementRow: TaskRow<
  AgreementSpec,
  AgreementAnswer,
  AgreementAnswer,
  AgreementEvidence,
  AgreementBinding
> = {
  means:
    "no labels: the answers of the unchanged model are the truth; its quality is the share of images with the same " +
    "answer, of models that give class scores (of other outputs the library takes one less the mean relative error)",
  metrics: [same, ...sameOf],
  classes: false,
  truth: "model",
  steady: true,
  open: agreement,
};
