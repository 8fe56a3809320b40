/** @file What the trained network is fed: images, or what the frozen part before it makes of them. */
import type { DataOptions, LossyLink } from "@split-et-impera/core/study";
import { rowsAt, sizeOf, zeros, type Tensor } from "@split-et-impera/core/tensor";
import { augmentedBatch, type Augmentation, type Dataset } from "../../data/index.ts";
import { calibrationImages } from "../design/pieces.ts";
import type { Forward } from "../forward.ts";
import { lossyLink, type Damage } from "./lossy.ts";

export interface Inputs {
  /** For training: augmented, as `seed` decides. */
  augmented(indices: Uint32Array, seed: number): Promise<Tensor>;
  /** As they are. */
  plain(indices: Uint32Array): Promise<Tensor>;
  /** The images themselves, augmented in the same way; what a teacher sees. */
  images(indices: Uint32Array, seed: number): Tensor;
  release(): Promise<void>;
}

export interface InputOptions {
  data: Dataset;
  options: DataOptions;
  augment: readonly Augmentation[];
  /** The frozen part, and the tensor of it that is trained from. */
  head?: { forward: Forward; tensor: string };
  /** What the trained part meets of the features, instead of all of them; held-back ones always meet the same. */
  lossy?: LossyLink;
  seed: number;
  signal: AbortSignal;
  update(status: string): void;
}

/** Most bytes of features that are kept. */
const featureBytes = 2 ** 30;
/** Images at once through the frozen part. */
const batch = 64;

/** Features of unchanged images are computed once, in one order, and kept where memory allows. */
export async function openInputs(asked: InputOptions): Promise<Inputs> {
  const { data, options, augment, head, lossy, signal, update } = asked;
  const images = (indices: Uint32Array, seed: number): Tensor<"float32"> =>
    augment.length === 0 ? data.batch(indices) : augmentedBatch(data, indices, options, seed, augment);
  if (!head) {
    return {
      augmented: async (indices, seed) => images(indices, seed),
      plain: async (indices) => data.batch(indices),
      images,
      release: async () => {},
    };
  }
  const { forward, tensor } = head;
  const run = async (images: Tensor): Promise<Tensor> => (await forward.run(images))[tensor]!;
  const kept = await keepFeatures(data, run, signal, update);
  const plain = kept ?? ((indices: Uint32Array) => run(data.batch(indices)));
  const damage: Damage = lossy ? lossyLink(tensor, lossy, await looked(data, plain)) : (features) => features;
  return {
    augmented: async (indices, seed) =>
      damage(augment.length === 0 ? await plain(indices) : await run(images(indices, seed)), indices, seed),
    plain: async (indices) => damage(await plain(indices), indices, asked.seed),
    images,
    release: async () => head.forward[Symbol.asyncDispose](),
  };
}

/** Features of the samples that calibrate codecs: as many as in a study. */
async function looked(data: Dataset, plain: (indices: Uint32Array) => Promise<Tensor> | Tensor): Promise<Tensor[]> {
  const seen: Tensor[] = [];
  for (let from = 0; from < Math.min(calibrationImages, data.count); from += batch)
    seen.push(await plain(Uint32Array.from({ length: Math.min(batch, data.count - from) }, (_, i) => from + i)));
  return seen;
}

async function keepFeatures(
  data: Dataset,
  run: (images: Tensor) => Promise<Tensor>,
  signal: AbortSignal,
  update: (status: string) => void,
): Promise<((indices: Uint32Array) => Tensor) | undefined> {
  const dims = (await run(data.batch([0]))).dims.slice(1);
  const size = sizeOf(dims);
  if (4 * size * data.count > featureBytes) return undefined;
  const all = zeros("float32", [data.count, ...dims]);
  for (let from = 0; from < data.count; from += batch) {
    signal.throwIfAborted();
    const part = Array.from({ length: Math.min(batch, data.count - from) }, (_, i) => from + i);
    all.data.set((await run(data.batch(part))).data as Float32Array, from * size);
    update(`features of ${from + part.length} of ${data.count} images`);
  }
  return (indices) => rowsAt(all, indices);
}
