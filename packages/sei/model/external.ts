/** @file Where a tensor's external data lie, and that they may be read from there. */
import { InputError } from "@split-et-impera/core/errors";
import type { TensorProto } from "@split-et-impera/core/onnx";
import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";

/** A tensor's bytes in a file. */
export interface Range {
  file: string;
  offset: number;
  length: number;
}

/** An error of a model's external data, naming the tensor. */
export function externalError(modelFile: string, tensor: TensorProto, why: string, cause?: unknown): InputError {
  return new InputError(
    "ERR_MODEL_EXTERNAL",
    `${modelFile}: ${tensor.name ? `tensor "${tensor.name}"` : "a tensor without a name"}: ${why}`,
    { cause },
  );
}

/**
 * The range that a tensor refers to.
 * @throws InputError where it lies outside the model's folder, is not of a file, or goes beyond the file's end
 */
export async function locateExternal(modelFile: string, tensor: TensorProto): Promise<Range> {
  const fail = (why: string): InputError => externalError(modelFile, tensor, why);
  const entry = (key: string): string | undefined => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry("location");
  if (!location) throw fail("its external data has no location");
  if (!(await liesBeside(location, modelFile)))
    throw fail(`its external data "${location}" lie outside the model's folder, or are not there`);
  const file = resolve(dirname(modelFile), location);
  // Looked at before it is opened: opening a pipe would wait for ever.
  const found = await stat(file);
  if (!found.isFile()) throw fail(`its external data "${location}" are not a file`);
  const offset = Number(entry("offset") ?? 0);
  const length = Number(entry("length") ?? found.size - offset);
  if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0) {
    throw fail(`its external data begin at ${entry("offset")} and have a length of ${entry("length")}`);
  }
  if (offset + length > found.size)
    throw fail(`its external data [${offset}, ${offset + length}) exceed "${location}" of ${found.size} bytes`);
  return { file, offset, length };
}

/**
 * Whether a location that a model names lies in the model's folder or below: as written, and where its links lead. A
 * model that is itself a link may keep its data beside it or beside the file that it leads to.
 */
async function liesBeside(location: string, modelFile: string): Promise<boolean> {
  if (isAbsolute(location) || location.includes("\0")) return false;
  const folder = resolve(dirname(modelFile));
  const file = resolve(folder, location);
  if (!within(folder, file)) return false;
  try {
    const [target, here, there] = await Promise.all([realpath(file), realpath(folder), realpath(modelFile)]);
    return within(here, target) || within(dirname(there), target);
  } catch {
    return false;
  }
}

function within(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
