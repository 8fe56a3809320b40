/** @file Training and test images where the data do not say which is which. */
import { randomStream } from "@split-et-impera/core/random";

export type Split = "train" | "test";

/** Share of the images that are for testing. */
const testShare = 0.2;

/**
 * Indices of one split of `count` items: a seeded shuffle whose first fifth (at least one) is the test split. The two
 * splits never overlap, and a limit takes from the front of each.
 */
export function splitIndices(count: number, split: Split, seed: number): Uint32Array {
  const order = randomStream(seed, "data/split").permutation(count);
  const test = Math.max(1, Math.round(count * testShare));
  return split === "test" ? order.subarray(0, test) : order.subarray(test);
}

/** A seeded shuffle, for files that lie sorted by class: the first few hundred shall hold every class. */
export function shuffledIndices(count: number, split: Split, seed: number): Uint32Array {
  return randomStream(seed, `data/order/${split}`).permutation(count);
}
