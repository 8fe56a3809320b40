/** @file What repeats itself in a row of words: the stretches that are the same thing several times. */

/** `times` stretches of `period` words each that are alike, from `start`. */
export interface Repeat {
  start: number;
  period: number;
  times: number;
}

/** Words in a stretch at most: what repeats in a network is a block, not half of it. */
const longest = 64;

/**
 * Repetitions that do not overlap, in their order, those that cover most first; of equals the one whose stretches are short.
 * Takes time as the number of words by the longest period.
 */
export function repeatsIn(words: readonly string[]): Repeat[] {
  const found: Repeat[] = [];
  for (let period = 1; period <= Math.min(longest, words.length >> 1); period++) {
    for (let start = 0; start + 2 * period <= words.length;) {
      let same = start;
      while (same + period < words.length && words[same] === words[same + period]) same++;
      const times = Math.floor((same - start) / period) + 1;
      if (times >= 2) found.push({ start, period, times });
      start = times >= 2 ? start + (times - 1) * period + 1 : same + 1;
    }
  }
  const size = ({ period, times }: Repeat): number => period * times;
  found.sort((a, b) => size(b) - size(a) || a.period - b.period || a.start - b.start);
  const taken = new Uint8Array(words.length);
  const kept = found.filter((one) => {
    const end = one.start + size(one);
    if (taken.subarray(one.start, end).includes(1)) return false;
    taken.fill(1, one.start, end);
    return true;
  });
  return kept.sort((a, b) => a.start - b.start);
}
