/**
 * @file Systematic Reed-Solomon parity: row i of the parity of data d is the sum of c(i, j) d(j). The coefficients are a
 * Cauchy matrix, 1 / (x(i) + y(j)), of which every square part is regular: any k of k + m shards give the data (Bloemer et
 * al., "An XOR-based erasure-resilient coding scheme", 1995). Its columns and rows are scaled, which keeps that, so that
 * the first row and the first column are 1: one parity is the xor of all, and that of a single shard is a copy of it.
 */
import { addProduct, inverse, inverted, products, times } from "./galois.ts";

/** Most shards together, data and parity: x(i) and y(j) are different elements of the field. */
export const MOST_SHARDS = 255;

const cauchy = (i: number, j: number): number => inverse(i ^ (255 - j));

/** The coefficient of data shard `j` in parity shard `i`, the same for every number of shards. */
export function coefficient(i: number, j: number): number {
  return times(times(cauchy(i, j), inverse(cauchy(0, j))), times(cauchy(0, 0), inverse(cauchy(i, 0))));
}

/** Parity rows that one look-up in a table gives, a byte of a 32-bit word each. */
const ROWS = 4;
/** By rows and data shard: for each byte, what it adds to the rows. */
const tables = new Map<number, Uint32Array>();

function tableOf(group: number, shard: number): Uint32Array {
  const key = 256 * group + shard;
  const known = tables.get(key);
  if (known) return known;
  const table = new Uint32Array(256);
  for (let row = 0; row < ROWS; row++) {
    const i = ROWS * group + row;
    // Rows that no code can have stay zero.
    if (i + shard + 1 >= 256) continue;
    const from = 256 * coefficient(i, shard);
    for (let byte = 0; byte < 256; byte++) table[byte]! |= products[from + byte]! << (8 * row);
  }
  tables.set(key, table);
  return table;
}

let sums = new Uint32Array(2048);

/** Parity shards of `size` bytes for data shards of at most that; shorter ones count as ending in zeros. */
export function parityOf(data: readonly Uint8Array[], count: number, size: number): Uint8Array[] {
  const parity = Array.from({ length: count }, () => new Uint8Array(size));
  if (count === 1) {
    for (const shard of data) addProduct(parity[0]!, 1, shard);
    return parity;
  }
  if (sums.length < size) sums = new Uint32Array(size);
  for (let first = 0; first < count; first += ROWS) {
    sums.fill(0, 0, size);
    let j = 0;
    // Two at a time, so that the sums are read and written half as often.
    for (; j + 1 < data.length && data[j]!.length === data[j + 1]!.length; j += 2) {
      addPair(sums, tableOf(first / ROWS, j), data[j]!, tableOf(first / ROWS, j + 1), data[j + 1]!);
    }
    for (; j < data.length; j++) addOne(sums, tableOf(first / ROWS, j), data[j]!);
    for (let row = first; row < Math.min(count, first + ROWS); row++) {
      const shard = parity[row]!;
      const shift = 8 * (row - first);
      for (let i = 0; i < size; i++) shard[i] = sums[i]! >>> shift;
    }
  }
  return parity;
}

function addPair(into: Uint32Array, one: Uint32Array, a: Uint8Array, other: Uint32Array, b: Uint8Array): void {
  for (let i = 0; i < a.length; i++) into[i]! ^= one[a[i]!]! ^ other[b[i]!]!;
}

function addOne(into: Uint32Array, table: Uint32Array, shard: Uint8Array): void {
  for (let i = 0; i < shard.length; i++) into[i]! ^= table[shard[i]!]!;
}

/**
 * Data shards that are missing, from the others and as many parity shards; of `size` bytes each.
 * @param data by shard, undefined where it is missing
 * @param parity by row, at least as many as are missing; more are not looked at
 */
export function recovered(
  data: readonly (Uint8Array | undefined)[],
  parity: ReadonlyMap<number, Uint8Array>,
  size: number,
): Map<number, Uint8Array> {
  const missing = [...data.keys()].filter((j) => data[j] === undefined);
  const rows = [...parity.keys()].slice(0, missing.length);
  // What the missing shards add to each parity row: the row less what the others add.
  const left = rows.map((i) => {
    const sum = new Uint8Array(size);
    sum.set(parity.get(i)!);
    for (const [j, shard] of data.entries()) if (shard) addProduct(sum, coefficient(i, j), shard);
    return sum;
  });
  const solution = inverted(rows.map((i) => Uint8Array.from(missing, (j) => coefficient(i, j))));
  return new Map(
    missing.map((j, k) => {
      const shard = new Uint8Array(size);
      for (const [r, sum] of left.entries()) addProduct(shard, solution[k]![r]!, sum);
      return [j, shard];
    }),
  );
}
