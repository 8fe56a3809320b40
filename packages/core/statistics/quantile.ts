/** @file Quantiles of a sample and their distribution-free intervals. */
import { internal } from "../errors/index.ts";
import type { Estimate } from "./estimate.ts";

/**
 * The p-quantile as the smallest value that at least a share p of the sample does not exceed (the inverse of the
 * empirical distribution; type 1 of Hyndman and Fan, Sample quantiles in statistical packages, Am. Stat. 50, 1996).
 *
 * It is always one of the values, so `p95 <= 50 ms` holds exactly when 95 % of the frames took 50 ms at most, and a
 * frame that was never answered can stand in the sample as Infinity.
 * @param values in any order; not empty, no NaN
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = ascending(values);
  return sorted[rank(p, sorted.length) - 1]!;
}

/**
 * {@link quantile} with a 95 % interval between two order statistics.
 *
 * The number of values below the true quantile is binomial(n, p), whatever the distribution; so X(l) and X(u) enclose
 * it with at least 95 % when P(B < l) and P(B >= u) are at most 2.5 % each. Where the sample is too small for a bound
 * (p99 from fewer than 368 values) that bound is infinite. Values are taken as independent; where they are not, as in
 * a growing queue, the interval is too narrow.
 * Source: W. J. Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
 */
export function quantileInterval(values: ArrayLike<number>, p: number): Estimate {
  const sorted = ascending(values);
  const n = sorted.length;
  const { lower, upper } = quantileRanks(n, p);
  return {
    value: sorted[rank(p, n) - 1]!,
    lo: lower === 0 ? -Infinity : sorted[lower - 1]!,
    hi: upper > n ? Infinity : sorted[upper - 1]!,
    n,
  };
}

/** The ranks (from 1) of the order statistics around the p-quantile; 0 and n + 1 where there is no bound. */
export function quantileRanks(n: number, p: number): { lower: number; upper: number } {
  const tail = 0.025;
  let lower = 0;
  let upper = n + 1;
  let below = 0; // P(B < r) for the rank r of the turn
  for (let r = 1; r <= n; r++) {
    below += binomial(r - 1, n, p);
    if (below <= tail) lower = r;
    if (below >= 1 - tail) {
      upper = r;
      break;
    }
  }
  return { lower, upper };
}

function rank(p: number, n: number): number {
  if (!(p >= 0 && p <= 1)) throw internal(`quantile ${p}`);
  // 0.95 * 20 is 19.000000000000004 - a hair above the whole number it stands for.
  return Math.min(n, Math.max(1, Math.ceil(p * n - 1e-9)));
}

function ascending(values: ArrayLike<number>): Float64Array {
  if (values.length === 0) throw internal("quantile of no values");
  const sorted = Float64Array.from(values).sort();
  // NaN sorts to the end.
  if (Number.isNaN(sorted.at(-1))) throw internal("quantile of values that are not numbers");
  return sorted;
}

/** P(B = k) for B binomial(n, p), through logarithms so that large n does not underflow on the way. */
function binomial(k: number, n: number, p: number): number {
  if (p === 0 || p === 1) return k === n * p ? 1 : 0;
  return Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

const logFactorials = [0];

function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i++) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  return logFactorials[n]!;
}
