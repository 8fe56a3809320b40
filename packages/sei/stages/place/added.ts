/** @file What pieces and entries cost, from what heads and tails were timed to take: the same for `place` and `design`. */
import { quantile } from "@split-et-impera/core/statistics";

/**
 * What each piece adds to the head before it.
 * @param until seconds of the heads, each longer than the one before, the whole model last; its time is kept
 */
export function addedSeconds(until: readonly number[]): number[] {
  const rising = neverFalling(until);
  const last = rising.at(-1)!;
  const scale = last > 0 ? until.at(-1)! / last : 1;
  return rising.map((seconds, i) => scale * (seconds - (rising[i - 1] ?? 0)));
}

/** The nearest list that never falls (pool adjacent violators): a longer head that takes less time is noise. */
function neverFalling(values: readonly number[]): number[] {
  const pools: { mean: number; count: number }[] = [];
  for (const value of values) {
    let pool = { mean: value, count: 1 };
    for (let before = pools.at(-1); before && before.mean > pool.mean; before = pools.at(-1)) {
      pools.pop();
      const count = before.count + pool.count;
      pool = { mean: (before.mean * before.count + pool.mean * pool.count) / count, count };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ mean, count }) => Array<number>(count).fill(mean));
}

/**
 * What a segment behind a cut takes more than its pieces add up to: another call, and what is not fused.
 * @param sums of head and tail, at cuts where both were timed
 * @param least what it takes at least
 */
export function entrySeconds(sums: readonly number[], whole: number, least = 0): number {
  return Math.max(least, sums.length > 0 ? quantile(sums, 0.5) - whole : 0);
}
