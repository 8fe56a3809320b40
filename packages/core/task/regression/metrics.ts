/** @file Numbers judged against what they should be: root mean square error, mean absolute error, R2. */
import type { Metric, MetricWords } from "../metric.ts";

/** Numbers and what they should be; no answer where none came. */
export interface NumbersEvidence {
  answer?: readonly number[];
  truth: readonly number[];
}

/** Of one number: sums over samples, each by its weight. */
interface Sums {
  weight: number;
  squares: number;
  absolutes: number;
  /** Squared distances of the truths from their mean. */
  spread: number;
}

/** A metric of the sums of every number. */
function numbersMetric(words: MetricWords, value: (sums: readonly Sums[]) => number): Metric<NumbersEvidence> {
  return {
    ...words,
    over(evidence) {
      const all = Array.from(evidence);
      const count = all.reduce((most, { truth }) => Math.max(most, truth.length), 0);
      return (weights) => value(Array.from({ length: count }, (_, k) => sumsOf(all, k, weights)));
    },
  };
}

function meanTruth(all: readonly NumbersEvidence[], k: number, weights?: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  all.forEach(({ truth }, i) => {
    const weight = k < truth.length ? (weights ? weights[i]! : 1) : 0;
    if (weight === 0) return;
    sum += weight * truth[k]!;
    count += weight;
  });
  return sum / count;
}

/** Of number `k`. A frame without an answer is judged as if the mean had been said: what one knows who saw nothing. */
function sumsOf(all: readonly NumbersEvidence[], k: number, weights?: ArrayLike<number>): Sums {
  const mean = meanTruth(all, k, weights);
  const sums: Sums = { weight: 0, squares: 0, absolutes: 0, spread: 0 };
  all.forEach(({ answer, truth }, i) => {
    const weight = k < truth.length ? (weights ? weights[i]! : 1) : 0;
    if (weight === 0) return;
    const gap = (answer ? answer[k]! : mean) - truth[k]!;
    sums.weight += weight;
    sums.squares += weight * gap ** 2;
    sums.absolutes += weight * Math.abs(gap);
    sums.spread += weight * (truth[k]! - mean) ** 2;
  });
  return sums;
}

const total = (sums: readonly Sums[], of: (one: Sums) => number): number => sums.reduce((sum, one) => sum + of(one), 0);

export const regressionMetrics: readonly Metric<NumbersEvidence>[] = [
  numbersMetric(
    { name: "rmse", means: "root of the mean squared error, over all numbers", better: "less", unit: "number" },
    (sums) => Math.sqrt(total(sums, ({ squares }) => squares) / total(sums, ({ weight }) => weight)),
  ),
  numbersMetric(
    { name: "mae", means: "mean absolute error, over all numbers", better: "less", unit: "number" },
    (sums) => total(sums, ({ absolutes }) => absolutes) / total(sums, ({ weight }) => weight),
  ),
  numbersMetric(
    {
      name: "r2",
      means:
        "1 less squared errors over squared distances from the mean (coefficient of determination), mean over the numbers",
      better: "more",
      unit: "number",
    },
    (sums) => {
      // A number that is always the same has no spread to be explained.
      const spread = sums.filter((one) => one.spread > 0);
      return total(spread, (one) => 1 - one.squares / one.spread) / spread.length;
    },
  ),
];
