/** @file Images in a model's tensors: which dimension they lie along, and what one of them takes. */
import { elementBytes, sizeOf } from "../tensor/index.ts";
import type { Declared } from "./feeds.ts";
import type { GraphIndex } from "./graph.ts";
import type { Observations } from "./observe.ts";
import type { Survey } from "./survey.ts";

/**
 * Rows of a model whose leading dimension is fixed: it counts as a batch where it is 1 or an output has it too. That of
 * [3, height, width] is none.
 */
export function fixedRows(inputs: readonly Declared[], { outputs }: GraphIndex, seen: Observations): number {
  const leading = inputs.find(({ dims }) => dims.length > 0)?.dims[0];
  return typeof leading === "number" && outputs.some((name) => seen.get(name)?.dims[0] === leading) ? leading : 1;
}

/** Whether the leading dimension of what is fed stands for images, free or fixed. */
export function hasBatch({ inputs, batch, index, seen }: Pick<Survey, "inputs" | "batch" | "index" | "seen">): boolean {
  const leading = inputs.find(({ dims }) => dims.length > 0)?.dims[0];
  return batch !== undefined || leading === 1 || (leading !== undefined && fixedRows(inputs, index, seen) === leading);
}

/** Where a tensor has its images, one after the other; undefined where it has none. */
export function batchAxis(survey: Survey, name: string): number | undefined {
  if (survey.batch) {
    const axis = survey.declared.get(name)?.dims.indexOf(survey.batch.symbol) ?? -1;
    return axis < 0 ? undefined : axis;
  }
  return hasBatch(survey) && survey.seen.get(name)?.dims[0] === survey.rows ? 0 : undefined;
}

/** A tensor's sizes for one image, without the dimension of the images; undefined where it was not seen. */
export function imageShape(survey: Survey, name: string): number[] | undefined {
  const [one, several] = [survey.one.get(name), survey.seen.get(name)];
  if (!one || !several) return undefined;
  const axis = batchAxis(survey, name);
  // A Squeeze without axes takes the dimension of one row away.
  const dims = one.dims.length === several.dims.length ? one.dims : several.dims;
  return dims.filter((_, at) => at !== axis);
}

/** Bytes of a tensor for one image, as it is; undefined where it was not seen. */
export function imageBytes(survey: Survey, name: string): number | undefined {
  const found = survey.one.get(name);
  if (!found) return undefined;
  const shared = survey.one === survey.seen && batchAxis(survey, name) !== undefined ? survey.rows : 1;
  return (sizeOf(found.dims) * elementBytes(found.type)) / shared;
}
