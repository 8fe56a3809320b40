/** @file Reading models from disk, external data included. */
import { InputError } from "@split-et-impera/core/errors";
import { isExternal, parseModel, type ModelProto, type TensorProto } from "@split-et-impera/core/onnx";
import { open, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";

/** What one serialised model may hold (protobuf's own limit). */
const largest = 2 ** 31 - 1;

/** Reads, checks and completes a model: weights that lie in external files are read into it. */
export async function readModel(file: string): Promise<ModelProto> {
  const size = await sizeOfFile(file);
  if (size > largest)
    throw new InputError(
      "ERR_MODEL_SIZE",
      `${file}: ${size} bytes; expected less than 2 GB (larger weights go into external data)`,
    );
  const model = parseModel(await readFile(file), basename(file));
  let total = size;
  for (const tensor of model.graph!.initializer) {
    if (!isExternal(tensor)) continue;
    total += await readExternal(tensor, file);
    if (total > largest)
      throw new InputError("ERR_MODEL_SIZE", `${file}: its external data exceed 2 GB, which is not supported yet`);
  }
  return model;
}

async function sizeOfFile(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new InputError("ERR_MODEL_FILE", `${file}: expected an ONNX file, found a folder`);
    return found.size;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("ERR_MODEL_FILE", `${file}: no such model`, { cause: error });
  }
}

/** Reads one tensor's bytes in place of its reference. The file must lie in the model's folder or below. */
async function readExternal(tensor: TensorProto, modelFile: string): Promise<number> {
  const fail = (why: string, cause?: unknown): InputError =>
    new InputError("ERR_MODEL_EXTERNAL", `${modelFile}: tensor "${tensor.name}": ${why}`, { cause });
  const entry = (key: string): string | undefined => tensor.externalData.find((pair) => pair.key === key)?.value;
  const location = entry("location");
  if (!location) throw fail("its external data has no location");
  const folder = resolve(dirname(modelFile));
  const file = resolve(folder, location);
  if (isAbsolute(location) || relative(folder, file).startsWith(".."))
    throw fail(`its external data "${location}" lie outside the model's folder`);
  const offset = Number(entry("offset") ?? 0);
  let handle;
  try {
    handle = await open(file);
  } catch (error) {
    throw fail(`its external data file "${location}" cannot be read`, error);
  }
  try {
    const { size } = await handle.stat();
    const length = Number(entry("length") ?? size - offset);
    if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0 || offset + length > size) {
      throw fail(`its external data [${offset}, ${offset + length}) exceed "${location}" of ${size} bytes`);
    }
    if (length > largest) throw fail(`its external data of ${length} bytes exceed 2 GB`);
    const bytes = new Uint8Array(length);
    await handle.read(bytes, 0, length, offset);
    tensor.rawData = bytes;
    tensor.externalData = [];
    tensor.dataLocation = 0;
    return length;
  } finally {
    await handle.close();
  }
}
