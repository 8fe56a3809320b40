/** @file Intervals that rest on the normal distribution: means, shares, paired shares. All are 95 %. */
import { internal } from "../errors/index.ts";
import type { Estimate } from "./estimate.ts";

/** The 97.5 % point of the standard normal distribution. */
export const z95 = 1.959_963_984_540_054;
const z = z95;

/**
 * Mean of independent values, with mean ± z s / sqrt(n).
 * One value says nothing about its spread: its interval is unbounded.
 */
export function meanInterval(values: ArrayLike<number>): Estimate {
  const n = values.length;
  if (n === 0) throw internal("mean of no values");
  let mean = 0;
  let squares = 0;
  // Welford's running form: no cancellation when the spread is small beside the mean.
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) throw internal(`mean: value ${i} is not a number`);
    const before = value - mean;
    mean += before / (i + 1);
    squares += before * (value - mean);
  }
  if (n === 1 || !Number.isFinite(mean)) return { value: mean, lo: -Infinity, hi: Infinity, n };
  const half = z * Math.sqrt(squares / (n - 1) / n);
  return { value: mean, lo: mean - half, hi: mean + half, n };
}

/**
 * Share of successes, with Wilson's score interval: right for small samples, and at 0 and 1 too.
 * Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212.
 */
export function wilson(successes: number, n: number): Estimate {
  if (!(Number.isInteger(n) && Number.isInteger(successes) && n >= 0 && successes >= 0 && successes <= n)) {
    throw internal(`${successes} successes among ${n}`);
  }
  if (n === 0) return { value: 0, lo: 0, hi: 1, n };
  return wilsonShare(successes / n, n);
}

/** Wilson's interval of a share among `n` items; `n` need not be whole, where it is an effective number. */
export function wilsonShare(share: number, n: number): Estimate {
  const centre = (n * share + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt(n * share * (1 - share) + (z * z) / 4);
  return {
    value: share,
    // The formula gives exactly 0 and 1 at the ends; rounding does not.
    lo: share === 0 ? 0 : Math.max(0, centre - half),
    hi: share === 1 ? 1 : Math.min(1, centre + half),
    n,
  };
}

/**
 * Difference of two shares measured on the same items: `first` right minus `second` right, as a share.
 *
 * Only the items that the two answer differently carry information. With b items that only the first has right and c
 * that only the second has right, the interval is Wald's after one pseudo-item is added to each:
 *
 *     p = (b + 1) / (n + 2),  q = (c + 1) / (n + 2);   p - q ± z sqrt((p + q - (p - q)^2) / (n + 2))
 *
 * so that no disagreement in n items gives an interval of about ± 2.8 / n, not of zero width.
 * Source: D. G. Bonett, R. M. Price, Adjusted Wald confidence interval for a difference of binomial proportions based
 * on paired data, J. Educ. Behav. Stat. 37 (2012), 479-488.
 * @param first 1 (true) where right, 0 (false) where wrong; by item
 * @param second the same items in the same order
 */
export function pairedDifference(first: ArrayLike<number | boolean>, second: ArrayLike<number | boolean>): Estimate {
  const n = first.length;
  if (second.length !== n) throw internal(`paired difference of ${n} and ${second.length} items`);
  let only1 = 0;
  let only2 = 0;
  for (let i = 0; i < n; i++) {
    if (Boolean(first[i]) === Boolean(second[i])) continue;
    if (first[i]) only1++;
    else only2++;
  }
  return discordantDifference(only1, only2, n);
}

/** {@link pairedDifference} from the counts: items that only the first, and only the second, has right, among n. */
export function discordantDifference(only1: number, only2: number, n: number): Estimate {
  if (n === 0) return { value: 0, lo: -1, hi: 1, n };
  const p = (only1 + 1) / (n + 2);
  const q = (only2 + 1) / (n + 2);
  const half = z * Math.sqrt((p + q - (p - q) ** 2) / (n + 2));
  return { value: (only1 - only2) / n, lo: Math.max(-1, p - q - half), hi: Math.min(1, p - q + half), n };
}
