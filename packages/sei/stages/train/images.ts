/** @file The images of a training: which are held back, and their labels. */
import { randomStream } from "@split-et-impera/core/random";
import { int64, type Tensor } from "@split-et-impera/core/tensor";
import { labelOf, type Dataset } from "../../data/index.ts";
import type { TrainSettings } from "./settings.ts";

/** Which training images are learned from, and which only tell how good the epoch's weights are. */
export function holdBack(
  count: number,
  { holdBack: share, seed }: TrainSettings,
): { taught: Uint32Array; held: Uint32Array } {
  const order = randomStream(seed, "hold-back").permutation(count);
  const most = Math.min(count - 1, Math.round(share * count));
  return { held: order.slice(0, most).sort(), taught: order.slice(most).sort() };
}

/** Class numbers as a loss takes them. */
export function labelsOf(data: Dataset, indices: Uint32Array): Tensor {
  return int64(
    [indices.length],
    Array.from(indices, (i) => labelOf(data, i)),
  );
}
