/** @file What proposals of splits are worth: whether the best is among them, and what is lost where it is not. */

/** Positions of the highest scores, the highest first; of equal ones the later, nearer to the answer. What is no number comes last. */
export function proposed(scores: ArrayLike<number>, count: number): number[] {
  const value = (i: number): number => (Number.isNaN(scores[i]!) ? -Infinity : scores[i]!);
  return Array.from({ length: scores.length }, (_, i) => i)
    .sort((a, b) => value(b) - value(a) || b - a)
    .slice(0, count);
}

export interface Worth {
  /** Whether one of the proposals is as good as the best of all. */
  found: boolean;
  /** By how much the best of the proposals is worse than the best of all. */
  regret: number;
}

/**
 * @param within what is as good as the best: differences up to this are none
 */
export function worthOf(truth: ArrayLike<number>, proposals: readonly number[], within = 0): Worth {
  const best = Math.max(...Array.from(truth));
  const own = Math.max(...proposals.map((i) => truth[i]!));
  return { found: own >= best - within, regret: best - own };
}

/**
 * What the proposals lose in time: the quickest of them that is nearly as good as the best of them, against the quickest of all that is
 * nearly as good as the best of all; 0 where it is even quicker.
 * @param within by how much quality may be worse for it
 */
export function latencyRegret(
  truth: ArrayLike<number>,
  seconds: ArrayLike<number>,
  proposals: readonly number[],
  within: number,
): number {
  const quickest = (among: readonly number[]): number => {
    const best = Math.max(...among.map((i) => truth[i]!));
    return Math.min(...among.filter((i) => truth[i]! >= best - within).map((i) => seconds[i]!));
  };
  return Math.max(0, quickest(proposals) - quickest(Array.from({ length: truth.length }, (_, i) => i)));
}
