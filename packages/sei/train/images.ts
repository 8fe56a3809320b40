/** @file The images of a training: which are held back, their labels, and what identifies them. */
import type { DataOptions } from "@split-et-impera/core/design";
import { randomStream } from "@split-et-impera/core/random";
import type { Tensor } from "@split-et-impera/core/tensor";
import { createHash } from "node:crypto";
import { digest } from "../cache/index.ts";
import type { Dataset } from "../data/index.ts";
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
  return {
    type: "int64",
    dims: [indices.length],
    data: BigInt64Array.from(Array.from(indices, (i) => BigInt(data.label(i)))),
  };
}

/** A digest of everything that a data set gives. */
export function dataKey(data: Dataset, { normalise, layout }: DataOptions): string {
  const hash = createHash("sha256");
  for (let i = 0; i < data.count; i++) {
    hash.update(data.image ? data.image.pixels(i) : new Uint8Array(data.batch([i]).data.buffer));
    hash.update(Uint32Array.of(data.label(i)));
  }
  return digest([data.name, data.classes, data.count, normalise, layout, hash.digest("hex")]);
}
