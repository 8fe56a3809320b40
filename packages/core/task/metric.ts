/** @file A metric: how good judged answers are, as one number over a set of samples. */

/** What a metric is, for studies, results and people. */
export interface MetricWords {
  /** The study's word: `accuracy`, `ap50`, `cer`. */
  readonly name: string;
  /** One phrase for the documentation, its source where it has one. */
  readonly means: string;
  /** Which direction is better. */
  readonly better: "more" | "less";
  /** How it is spoken of: a `share` in per cent, a `number` as it is. */
  readonly unit: "share" | "number";
}

/** A metric over evidence, which is one answer judged against its truth. */
export interface Metric<Evidence> extends MetricWords {
  /**
   * The value over `evidence`, as a function of what each piece weighs (absent: 1 each; 0 leaves it out), so that
   * resampling sorts and sums anew without judging anew. NaN where nothing counts.
   * @param samples which sample each piece is about; absent: each about one of its own. For metrics that compare samples
   */
  over(evidence: ArrayLike<Evidence>, samples?: ArrayLike<number>): (weights?: ArrayLike<number>) => number;
  /** Where the value is the mean of a number from 0 to 1 per sample: that number, NaN where it is not known. Its interval is then Wilson's. */
  score?(evidence: Evidence): number;
}

/** The mean of a number from 0 to 1 per sample. */
export function meanMetric<Evidence>(words: MetricWords, score: (evidence: Evidence) => number): Metric<Evidence> {
  return { ...ratioMetric(words, (evidence: Evidence) => [score(evidence), 1]), score };
}

/** A sum over samples by another: errors by characters, right pixels by all. */
export function ratioMetric<Evidence>(
  words: MetricWords,
  parts: (evidence: Evidence) => readonly [part: number, whole: number],
): Metric<Evidence> {
  return {
    ...words,
    over(evidence) {
      const all = Array.from(evidence, parts);
      return (weights) => {
        let [part, whole] = [0, 0];
        all.forEach(([a, b], i) => {
          const weight = weights ? weights[i]! : 1;
          part += weight * a;
          whole += weight * b;
        });
        return part / whole;
      };
    },
  };
}
