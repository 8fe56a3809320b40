/** @file How often a tensor's values fall where: counts in bins whose width grows with the value, few and alike for any scale. */

/** Bins of a float's sign, exponent and first five fraction bits: each 3 % wide. Zero has its own. */
const binBits = 14;
const pageBits = 5;

/** Counts by bin, those that hold any, ascending with the values. */
export interface Histogram {
  bins: Uint16Array;
  counts: Float64Array;
}

/** Gathers a histogram; a page of bins exists once a value fell into it. */
export type Counter = (Float64Array | undefined)[];

export const createCounter = (): Counter => Array.from({ length: 1 << (binBits - pageBits) });

/** Counts finite values. */
export function count(into: Counter, values: Float32Array): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if ((word & 0x7f800000) === 0x7f800000) continue;
    const bin = binOf(word);
    const page = (into[bin >>> pageBits] ??= new Float64Array(1 << pageBits));
    page[bin & ((1 << pageBits) - 1)]!++;
  }
}

/** What was counted. */
export function histogramOf(counter: Counter): Histogram {
  const bins: number[] = [];
  const counts: number[] = [];
  counter.forEach((page, p) =>
    page?.forEach((much, i) => {
      if (much === 0) return;
      bins.push((p << pageBits) | i);
      counts.push(much);
    }),
  );
  return { bins: Uint16Array.from(bins), counts: Float64Array.from(counts) };
}

/** All of them as one. */
export function mergedHistogram(all: readonly Histogram[]): Histogram {
  const sums = new Map<number, number>();
  for (const { bins, counts } of all) bins.forEach((bin, i) => sums.set(bin, (sums.get(bin) ?? 0) + counts[i]!));
  const bins = Uint16Array.from(sums.keys()).sort();
  return { bins, counts: Float64Array.from(bins, (bin) => sums.get(bin)!) };
}

/** A float's bits ordered as the floats are: negative ones reversed, and below the positive ones; -0 is 0. */
function binOf(word: number): number {
  const ordered = word < 0 ? (word === -0x80000000 ? 0x80000000 : ~word >>> 0) : word | 0x80000000;
  return ordered >>> (32 - binBits);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The values at the lower and the upper edge of a bin. */
export function binEdges(bin: number): [low: number, high: number] {
  const edge = (key: number): number => {
    scratch.setUint32(0, key >>> 31 ? key & 0x7fffffff : ~key);
    return scratch.getFloat32(0);
  };
  const low = (bin << (32 - binBits)) >>> 0;
  return [edge(low), edge((low | ((1 << (32 - binBits)) - 1)) >>> 0)];
}
