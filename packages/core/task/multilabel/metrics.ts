/** @file Metrics of class scores, for any task whose evidence holds them: macro F1, AUROC, mean average precision. */
import type { Metric, MetricWords } from "../metric.ts";
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

/** The mean of the classes' F1. */
export function macroF1<Evidence>(words: MetricWords, of: (evidence: Evidence) => ScoredLabels): Metric<Evidence> {
  return {
    ...words,
    over(evidence) {
      const all = Array.from(evidence, of);
      const count = classCount(all);
      /** For each hit its class, for each false alarm and each miss its class behind all hits; and the samples of both. */
      const [places, samples]: [number[], number[]] = [[], []];
      const note = (sample: number, place: number): void => void (places.push(place), samples.push(sample));
      all.forEach(({ answered, labels }, i) => {
        for (const label of labels) note(i, answered.includes(label) ? label : count + label);
        for (const label of answered) if (!labels.includes(label)) note(i, count + label);
      });
      const [at, from] = [Uint32Array.from(places), Uint32Array.from(samples)];
      return (weights) => {
        const sums = new Float64Array(2 * count);
        for (let k = 0; k < at.length; k++) sums[at[k]!]! += weights ? weights[from[k]!]! : 1;
        return meanOf(Array.from({ length: count }, (_, c) => (2 * sums[c]!) / (2 * sums[c]! + sums[count + c]!)));
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
