/** @file How well scores put what holds above what does not: area under the ROC curve, average precision. */

/** Scores of one yes-no question, the highest first, equal ones in groups. */
export interface Ranked {
  /** Sample of each item, in order of falling scores. */
  samples: Uint32Array;
  positive: Uint8Array;
  /** Where each group of equal scores ends. */
  ends: Uint32Array;
}

/** Items in any order; a sample may have several, or none. */
export interface Scored {
  score: number;
  positive: boolean;
  sample: number;
}

export function rank(items: readonly Scored[]): Ranked {
  // Not b - a: of two infinite scores that is no number.
  const sorted = items.toSorted((a, b) => (a.score > b.score ? -1 : a.score < b.score ? 1 : 0));
  const ends = sorted.flatMap(({ score }, i) => (sorted[i + 1]?.score === score ? [] : [i + 1]));
  return {
    samples: Uint32Array.from(sorted, ({ sample }) => sample),
    positive: Uint8Array.from(sorted, ({ positive }) => Number(positive)),
    ends: Uint32Array.from(ends),
  };
}

/**
 * The probability that a positive has a higher score than a negative, equal ones counted half (Mann and Whitney, 1947).
 * @param weights of samples; absent: 1 each
 * @returns NaN where positives or negatives are missing
 */
export function areaUnderRoc(ranked: Ranked, weights?: ArrayLike<number>): number {
  let [positives, negatives, area] = [0, 0, 0];
  eachGroup(ranked, weights, (yes, no) => {
    area += no * (positives + yes / 2);
    positives += yes;
    negatives += no;
  });
  return area / (positives * negatives);
}

/**
 * The mean precision at the scores of the positives: sum of (R_k - R_(k-1)) P_k over thresholds, not interpolated.
 * @param weights of samples; absent: 1 each
 * @returns NaN where there is no positive
 */
export function averagePrecision(ranked: Ranked, weights?: ArrayLike<number>): number {
  let [positives, all, sum] = [0, 0, 0];
  eachGroup(ranked, weights, (yes, no) => {
    positives += yes;
    all += yes + no;
    if (yes > 0) sum += (yes * positives) / all;
  });
  return sum / positives;
}

/** Tells of each group of equal scores, the highest first, what its positives and its negatives weigh. */
function eachGroup(
  { samples, positive, ends }: Ranked,
  weights: ArrayLike<number> | undefined,
  tell: (yes: number, no: number) => void,
): void {
  let i = 0;
  for (let group = 0; group < ends.length; group++) {
    const end = ends[group]!;
    let [yes, no] = [0, 0];
    for (; i < end; i++) {
      const weight = weights ? weights[samples[i]!]! : 1;
      if (positive[i]) yes += weight;
      else no += weight;
    }
    tell(yes, no);
  }
}

/** The mean of those that are numbers; NaN where none is. */
export function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((a, b) => a + b, 0) / known.length;
}
