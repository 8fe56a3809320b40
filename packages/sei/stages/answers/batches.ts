/** @file Images of a data set in batches that a model can take. */
import { InputError } from "@split-et-impera/core/errors";
import type { JudgedBatch } from "@split-et-impera/core/saliency";
import type { Study } from "@split-et-impera/core/study";
import { labelOf, type Dataset, type Samples } from "../../data/index.ts";
import { nearest } from "../../nearest.ts";

/** The first `most` images of these classes (none: all), by index. */
export function chooseImages(data: Dataset, classes: readonly string[], most: number): number[] {
  const wanted = new Set(
    classes.map((name) => {
      const label = data.classes.indexOf(name);
      if (label < 0)
        throw new InputError(
          "ERR_CLASS_UNKNOWN",
          `no class "${name}" in ${data.name}${nearest(name, data.classes)}; it has ${data.classes.join(", ")}`,
        );
      return label;
    }),
  );
  const chosen: number[] = [];
  for (let i = 0; i < data.count && chosen.length < most; i++) {
    if (wanted.size === 0 || wanted.has(labelOf(data, i))) chosen.push(i);
  }
  if (chosen.length === 0)
    throw new InputError(
      "ERR_DATA_EMPTY",
      `${data.name} has no image of ${classes.join(", ")} among its first ${data.count}`,
    );
  return chosen;
}

/**
 * The images that a study's saliency is averaged over.
 * @throws InputError that names the study's field
 */
export function saliencyImages(data: Dataset, { classes, images }: Study["explore"]["saliency"]): number[] {
  try {
    return chooseImages(data, classes, images);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, `explore.saliency.classes: ${error.message}`, { cause: error });
  }
}

export interface BatchOptions {
  size: number;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

/** Batches in order; one image each where the model's batch is fixed. */
export function* batchesOf(
  data: Samples,
  truth: (sample: number) => unknown,
  indices: readonly number[],
  options: BatchOptions,
): Generator<JudgedBatch> {
  const size = Math.min(options.size, data.atOnce);
  for (let from = 0; from < indices.length; from += size) {
    options.signal?.throwIfAborted();
    const part = indices.slice(from, from + size);
    yield { feeds: data.feeds(part), truths: part.map(truth) };
    options.onProgress?.(Math.min(from + size, indices.length));
  }
}
