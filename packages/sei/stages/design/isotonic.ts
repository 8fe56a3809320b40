/** @file What rises, made to rise: noise of readings that should not fall is shared by those that it put in the wrong order. */

/**
 * The ascending numbers with the least weighted squared error to `values`, by pooling adjacent violators (M. Ayer and others, An
 * Empirical Distribution Function for Sampling with Incomplete Information, Annals of Mathematical Statistics 26 (1955)).
 *
 * @param weights of each, above zero
 */
export function isotonic(values: readonly number[], weights: readonly number[]): number[] {
  const pools: { mean: number; weight: number; count: number }[] = [];
  values.forEach((value, i) => {
    let pool = { mean: value, weight: weights[i]!, count: 1 };
    for (let last = pools.at(-1); last && last.mean >= pool.mean; last = pools.at(-1)) {
      pools.pop();
      const weight = last.weight + pool.weight;
      const mean = (last.mean * last.weight + pool.mean * pool.weight) / weight;
      pool = { mean, weight, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  return pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean));
}
