/** @file How likely each code of a channel is, by what was seen of it, as frequencies for few groups of channels. */
import { binEdges, type Histogram } from "../histogram.ts";
import { PROBABILITIES } from "../rans.ts";
import type { Calibration } from "../calibrate.ts";
import type { Steps } from "./quantise.ts";

/** Tables at most: they are read at random, and have to stay near the processor. */
const mostTables = 16;

export interface Likelihood {
  /** The table of each channel; one for all. */
  group: number[];
  /** Table by table, of each code: of 4096. */
  frequency: number[];
}

/** Channels whose codes are alike share a table: k-means by cross-entropy, begun with channels in the order of their entropy. */
export function likelihood({ histograms }: Pick<Calibration, "histograms">, steps: Steps, bits: number): Likelihood {
  const one = steps.scale.length === 1;
  const seen = histograms.map((histogram, c) => sharesOf(histogram, steps, one ? 0 : c, bits));
  if (seen.length <= mostTables) return { group: seen.map((_, c) => c), frequency: seen.flatMap(frequenciesOf) };
  const byEntropy = seen
    .map((_, c) => c)
    .sort((a, b) => crossEntropy(seen[a]!, seen[a]!) - crossEntropy(seen[b]!, seen[b]!));
  let group = seen.map(() => 0);
  byEntropy.forEach((c, rank) => (group[c] = Math.floor((rank * mostTables) / seen.length)));
  let tables: number[][] = [];
  for (let round = 0; round < 8; round++) {
    tables = Array.from({ length: mostTables }, (_, t) =>
      meanOf(
        seen.filter((__, c) => group[c] === t),
        2 ** bits,
      ),
    );
    group = seen.map((shares) => nearestOf(shares, tables));
  }
  // A table that no channel takes any more is left out.
  const used = [...new Set(group)].toSorted((a, b) => a - b);
  return { group: group.map((t) => used.indexOf(t)), frequency: used.flatMap((t) => frequenciesOf(tables[t]!)) };
}

/** The share of each code; a value's bin is taken as evenly filled. */
function sharesOf({ bins, counts }: Histogram, { scale, zero }: Steps, channel: number, bits: number): number[] {
  const levels = 2 ** bits;
  const shares = Array.from({ length: levels }, () => 0);
  const [step, offset] = [scale[channel]!, zero[channel]!];
  const place = (value: number): number => value / step + offset + 0.5;
  let total = 0;
  bins.forEach((bin, i) => {
    const [low, high] = binEdges(bin).map(place) as [number, number];
    const count = counts[i]!;
    total += count;
    const clamp = (at: number): number => Math.max(0, Math.min(levels - 1, Math.floor(at)));
    const [first, last] = [clamp(low), clamp(high)];
    for (let code = first; code <= last; code++) {
      const from = code === first ? low : code;
      const to = code === last ? high : code + 1;
      shares[code]! += first === last ? count : (count * (to - from)) / (high - low);
    }
  });
  return shares.map((share) => share / total);
}

function meanOf(all: readonly number[][], levels: number): number[] {
  return Array.from(
    { length: levels },
    (_, code) => all.reduce((sum, one) => sum + one[code]!, 0) / Math.max(1, all.length),
  );
}

/** Bits per code when `actual` is coded as `assumed`, which is never quite without any. */
function crossEntropy(actual: readonly number[], assumed: readonly number[]): number {
  return actual.reduce((sum, share, code) => sum - share * Math.log2(Math.max(1 / PROBABILITIES, assumed[code]!)), 0);
}

function nearestOf(shares: readonly number[], tables: readonly number[][]): number {
  let [best, least] = [0, Infinity];
  tables.forEach((table, t) => {
    const bits = crossEntropy(shares, table);
    if (bits < least) [best, least] = [t, bits];
  });
  return best;
}

/** Whole frequencies that add up, none below 1: what was never seen can still be sent. */
function frequenciesOf(shares: readonly number[]): number[] {
  const free = PROBABILITIES - shares.length;
  const found = shares.map((share) => 1 + Math.floor(share * free));
  const rest = PROBABILITIES - found.reduce((sum, one) => sum + one, 0);
  const order = shares.map((_, code) => code).sort((a, b) => shares[b]! - shares[a]!);
  for (let i = 0; i < rest; i++) found[order[i % order.length]!]!++;
  return found;
}
