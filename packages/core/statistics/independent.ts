/** @file The difference of two quantities that were sampled apart, from their own 95 % intervals. */

/** A value and the interval in which it may lie. */
export interface Reading {
  value: number;
  lo: number;
  hi: number;
}

/**
 * `first` less `second`, as of independent samples:
 *
 *     lo = d - sqrt((a - lo_a)^2 + (hi_b - b)^2),   hi = d + sqrt((hi_a - a)^2 + (b - lo_b)^2)
 *
 * It takes intervals of any shape, and for shares with Wilson's it is Newcombe's score interval. Where a value is infinite
 * (a frame that was never answered), the ends are those that the two intervals leave possible; two infinite values are alike.
 * Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Stat. Med. 17 (1998),
 * 873-890, method 10; G. Y. Zou, A. Donner, Construction of confidence limits about effect measures, Stat. Med. 27 (2008),
 * 1693-1702.
 */
export function independentDifference(first: Reading, second: Reading): Reading {
  const value = first.value === second.value ? 0 : first.value - second.value;
  if (Number.isFinite(first.value) && Number.isFinite(second.value)) {
    return {
      value,
      lo: value - Math.hypot(first.value - first.lo, second.hi - second.value),
      hi: value + Math.hypot(first.hi - first.value, second.value - second.lo),
    };
  }
  const bounded = (end: number, none: number): number => (Number.isNaN(end) ? none : end);
  return { value, lo: bounded(first.lo - second.hi, -Infinity), hi: bounded(first.hi - second.lo, Infinity) };
}
