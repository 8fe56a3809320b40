/** @file Metrics of class scores, for any task whose evidence holds them: macro F1, AUROC, mean average precision. */
import { meanMetric, type Metric, type MetricWords } from "../metric.ts";
import { areaUnderRoc, averagePrecision, meanOf, rank, type Ranked, type Scored } from "./ranked.ts";

/** What these metrics look at in evidence. */
export interface ScoredLabels {
  /** A score per class; absent where nothing was answered. */
  scores?: readonly number[] | undefined;
  /** The classes that were answered. */
  answered: readonly number[];
  /** The classes that hold. */
  labels: readonly number[];
}

const perClass = "mean over the classes of";

export const macroF1Words: MetricWords = {
  name: "macro-f1",
  means: `${perClass} F1, which is 2 hits / (2 hits + false alarms + misses); classes that neither hold nor are answered do not count`,
  better: "more",
  unit: "share",
};
export const aurocWords: MetricWords = {
  name: "auroc",
  means: `${perClass} the area under the ROC curve, of those that hold of some samples and not of others`,
  better: "more",
  unit: "share",
};
export const mapWords: MetricWords = {
  name: "map",
  means: `${perClass} average precision (not interpolated), of those that hold of any sample`,
  better: "more",
  unit: "share",
};

/** The share of samples one of whose labels is among the `k` highest scores; of equal ones the first are higher. */
export function topK<Evidence>(k: number, of: (evidence: Evidence) => ScoredLabels): Metric<Evidence> {
  const words: MetricWords = {
    name: `top-${k}`,
    means: `share of samples whose class is among the ${k} with the highest scores`,
    better: "more",
    unit: "share",
  };
  return meanMetric(words, (evidence) => {
    const { scores = [], labels } = of(evidence);
    const above = (label: number): number =>
      scores.filter((score, c) => score > scores[label]! || (score === scores[label] && c < label)).length;
    return labels.some((label) => label < scores.length && above(label) < k) ? 1 : 0;
  });
}

/** The mean of the classes' F1. */
export function macroF1<Evidence>(words: MetricWords, of: (evidence: Evidence) => ScoredLabels): Metric<Evidence> {
  return {
    ...words,
    over(evidence) {
      const all = Array.from(evidence, of);
      const count = classCount(all);
      return (weights) => {
        const [hits, others] = [new Float64Array(count), new Float64Array(count)];
        all.forEach(({ answered, labels }, i) => {
          const weight = weights ? weights[i]! : 1;
          for (const label of labels) (answered.includes(label) ? hits : others)[label]! += weight;
          for (const label of answered) if (!labels.includes(label)) others[label]! += weight;
        });
        return meanOf(Array.from(hits, (hit, c) => (2 * hit) / (2 * hit + others[c]!)));
      };
    },
  };
}

/** The mean of the classes' areas under the ROC curve. */
export function auroc<Evidence>(words: MetricWords, of: (evidence: Evidence) => ScoredLabels): Metric<Evidence> {
  return meanOverClasses(words, of, areaUnderRoc);
}

/** The mean of the classes' average precisions. */
export function meanAveragePrecision<Evidence>(
  words: MetricWords,
  of: (evidence: Evidence) => ScoredLabels,
): Metric<Evidence> {
  return meanOverClasses(words, of, averagePrecision);
}

function meanOverClasses<Evidence>(
  words: MetricWords,
  of: (evidence: Evidence) => ScoredLabels,
  value: (ranked: Ranked, weights?: ArrayLike<number>) => number,
): Metric<Evidence> {
  return {
    ...words,
    over(evidence) {
      const all = Array.from(evidence, of);
      const classes = Array.from({ length: classCount(all) }, (_, c) =>
        rank(
          all.map(({ scores, labels }, sample): Scored => ({
            // What was not answered comes after all that was.
            score: scores?.[c] ?? -Infinity,
            positive: labels.includes(c),
            sample,
          })),
        ),
      );
      return (weights) => meanOf(classes.map((ranked) => value(ranked, weights)));
    },
  };
}

const classCount = (all: readonly ScoredLabels[]): number =>
  all.reduce(
    (most, { scores, answered, labels }) =>
      Math.max(most, scores?.length ?? 0, ...answered.map((c) => c + 1), ...labels.map((c) => c + 1)),
    0,
  );
