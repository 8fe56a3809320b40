/** @file Data sets: what a study's `data` section opens. */
import { InputError } from "@split-et-impera/core/errors";
import type { DataOptions } from "@split-et-impera/core/study";
import type { Dataset } from "./dataset.ts";
import { formatRow } from "./formats/index.ts";
import type { Split } from "./subset.ts";

export * from "./images.ts";
export { augmentedBatch, type Augmentation } from "./augment.ts";
export { classesIn, imageBatch, labelOf, type Dataset, type NamedInput } from "./dataset.ts";
export { forDeployment, forModel, withShapesOf } from "./for-model.ts";
export { fingerprint } from "./fingerprint.ts";
export { dataFormats, detectFormat, formatNames, formatRow, usualNormalise, type FormatName } from "./formats/index.ts";
export { remoteInputs } from "./remote-inputs.ts";
export { normalisePixels, type ImageShape, type Layout, type Normalise } from "./normalise.ts";
export { batchSize, fedInputs, samplesFor, samplesOf, type Samples, type Stream } from "./samples.ts";
export type { Split } from "./subset.ts";

/** What a study does not say, with defaults that give the same data every time. */
export interface OpenOptions {
  /** Seed of the generated images, of splits and of orders. Default 1: a study's own seed does not change its data. */
  seed?: number;
  /** Whether samples of which nothing is known will do. Default: no. */
  unlabelled?: boolean;
  /** All rows of an array in their order, without labels, and not a split of them. */
  whole?: boolean;
  /** Told how many samples are read. */
  progress?: ((done: number, total: number) => void) | undefined;
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
  const { path = "", format } = options;
  const row = formatRow(format);
  if (path === "" && !row.generated) {
    throw new InputError("ERR_DATA_PATH", `data.path: expected the folder or file of the ${format} data, got none`);
  }
  return row.open({
    path,
    split,
    limit,
    options,
    seed: more.seed ?? 1,
    progress: more.progress,
    unlabelled: more.unlabelled,
    whole: more.whole,
  });
}
