/** @file Data sets: what a study's `data` section opens. */
import type { DataOptions } from "@split-et-impera/core/study";
import { InputError, internal } from "@split-et-impera/core/errors";
import { openArrays } from "./arrays.ts";
import { openCifar10 } from "./cifar10.ts";
import { openConveyor } from "./conveyor.ts";
import { imageDataset, type Dataset } from "./dataset.ts";
import { openFolders, type FolderOptions } from "./folders.ts";
import { openIdx } from "./idx.ts";
import type { Split } from "./subset.ts";

export * from "./images.ts";
export { augmentedBatch, type Augmentation } from "./augment.ts";
export { imageBatch, type Dataset } from "./dataset.ts";
export { fingerprint } from "./fingerprint.ts";
export { normalisePixels, type ImageShape, type Layout, type Normalise } from "./normalise.ts";
export type { Split } from "./subset.ts";

/** What a study does not say, with defaults that give the same data every time. */
export interface OpenOptions extends Partial<FolderOptions> {
  /** Seed of the generated images, of splits and of orders. Default 1: a study's own seed does not change its data. */
  seed?: number;
}

/**
 * Opens one split of a data set and reads as many images as the limit allows.
 * Throws `InputError` naming the file, what was expected and what was found.
 */
export async function openData(options: DataOptions, split: Split, more: OpenOptions = {}): Promise<Dataset> {
  const limit = options.limit[split];
  if (!Number.isInteger(limit) || limit < 1) {
    throw new InputError("ERR_DATA_LIMIT", `data.limit.${split}: expected a whole number of at least 1, got ${limit}`);
  }
  const { seed = 1 } = more;
  if (options.format === "conveyor") return imageDataset(openConveyor(seed, split, limit), options);
  const { path, format } = options;
  if (path === undefined) {
    throw new InputError("ERR_DATA_PATH", `data.path: expected the folder or file of the ${format} data, got none`);
  }
  switch (format) {
    case "cifar10":
      return imageDataset(await openCifar10(path, split, limit), options);
    case "idx":
      return imageDataset(await openIdx(path, split, limit), options);
    case "images":
      return imageDataset(await openFolders(path, split, limit, { ...more, seed }), options);
    case "npy":
      return openArrays(path, split, limit, seed, options);
    default:
      throw internal(`unknown data format ${String(format satisfies never)}`);
  }
}
