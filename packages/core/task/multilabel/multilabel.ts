/** @file Several labels that hold at once. */
import { InputError } from "../../errors/index.ts";
import { float32 } from "../../tensor/index.ts";
import { lacking } from "../annotation.ts";
import { areScores, listOutputs, moreScores, possibleOutputs } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { binaryLoss, binaryScores, binaryTarget, probabilitiesOf, type BinaryScores } from "./binary.ts";
import {
  auroc,
  aurocWords,
  macroF1,
  macroF1Words,
  mapWords,
  meanAveragePrecision,
  type ScoredLabels,
} from "./metrics.ts";

export interface MultilabelSpec {
  kind: "multilabel";
  /** Names by label. */
  classes: readonly string[];
  /** Probability from which on a label holds. Default 0.5. */
  threshold?: number;
  /** Which output holds the scores. Default: the first with a score per class. */
  output?: string;
}

/** The labels that hold. */
export interface Labels {
  labels: readonly number[];
}

export interface LabelsAnswer extends Labels {
  /** A probability per class. */
  scores: readonly number[];
}

const itself = (evidence: ScoredLabels): ScoredLabels => evidence;
const metrics = [macroF1(macroF1Words, itself), auroc(aurocWords, itself), meanAveragePrecision(mapWords, itself)];

/** The task. Truths are labels, answers have probabilities too. */
export function multilabel(spec: MultilabelSpec): Task<Labels, LabelsAnswer, ScoredLabels, Binding & BinaryScores> {
  const { classes, threshold = 0.5, output } = spec;
  const count = classes.length;
  return {
    spec,
    metrics,
    bind(facts) {
      const rows = possibleOutputs(facts, output).filter((one) => areScores(facts, one));
      const chosen = rows.find(({ columns }) => columns === count) ?? rows.find(({ columns = 0 }) => columns > count);
      if (!chosen) {
        throw new InputError(
          "ERR_TASK_OUTPUT",
          `expected scores [batch, ${count}] for the ${count} classes of the data, got ${listOutputs(facts)}`,
        );
      }
      const { name, columns = count } = chosen;
      const found = binaryScores(facts, name, columns);
      return { outputs: [name], decides: [found.scores], notes: moreScores(name, columns, count), ...found };
    },
    answers: (binding, outputs) =>
      probabilitiesOf(outputs, binding, count).map((scores) => ({
        labels: scores.flatMap((score, label) => (score >= threshold ? [label] : [])),
        scores,
      })),
    truth: ({ labels, label }) => ({
      labels: labels ?? (label === undefined ? lacking("labels", "multilabel") : [label]),
    }),
    judge: (answer, { labels }) => ({
      ...(answer && { scores: answer.scores }),
      answered: answer?.labels ?? [],
      labels,
    }),
    target: (g, binding, truth) => [binaryTarget(g, binding, count, truth)],
    learn: {
      truths: (truths) =>
        float32(
          [truths.length, count],
          truths.flatMap(({ labels }) => Array.from({ length: count }, (_, label) => Number(labels.includes(label)))),
        ),
      loss: (g, binding, truth) => binaryLoss(g, binding, count, truth),
    },
  };
}

export const multilabelRow: TaskRow<MultilabelSpec, Labels, LabelsAnswer, ScoredLabels, Binding & BinaryScores> = {
  means: "any number of the data's classes per sample; its quality is the mean of the classes' F1",
  metrics,
  classes: true,
  truth: "labels",
  steady: true,
  open: multilabel,
};
