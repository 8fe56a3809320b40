/** @file Reading models from disk, external data included. */
import { InputError } from "@split-et-impera/core/errors";
import { checkProto, isExternal, parseModel, type ModelProto, type TensorProto } from "@split-et-impera/core/onnx";
import { createHash } from "node:crypto";
import { open, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";

/** What one serialised model may hold (protobuf's own limit). */
const largest = 2 ** 31 - 1;

export interface ModelFile {
  model: ModelProto;
  /** Of the file and of its external data, together. */
  bytes: number;
  /** SHA-256 over the file, followed by its external data where there are any. */
  sha256: string;
}

/** Reads, checks and completes a model: weights that lie in external files are read into it. */
export async function readModel(file: string): Promise<ModelProto> {
  return (await readModelFile(file)).model;
}

/** The same with what identifies it. */
export async function readModelFile(file: string): Promise<ModelFile> {
  const size = await sizeOfFile(file);
  if (size > largest)
    throw new InputError(
      "ERR_MODEL_SIZE",
      `${file}: ${size} bytes; expected less than 2 GB (larger weights go into external data)`,
    );
  const content = await readFile(file).catch((error: unknown) => {
    throw new InputError("ERR_MODEL_FILE", `${file}: cannot be read (${(error as Error).message})`, { cause: error });
  });
  const hash = createHash("sha256").update(content);
  const model = parseModel(content, basename(file));
  let bytes = size;
  for (const tensor of model.graph!.initializer) {
    if (!isExternal(tensor)) continue;
    const data = await readExternal(tensor, file, largest - bytes);
    hash.update(data);
    bytes += data.length;
  }
  return { model, bytes, sha256: hash.digest("hex") };
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

/** Reads one tensor's bytes in place of its reference, at most `room`. */
async function readExternal(tensor: TensorProto, modelFile: string, room: number): Promise<Uint8Array> {
  const fail = (why: string, cause?: unknown): InputError =>
    new InputError("ERR_MODEL_EXTERNAL", `${modelFile}: tensor "${tensor.name}": ${why}`, { cause });
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
  if (length > room)
    throw new InputError("ERR_MODEL_SIZE", `${modelFile}: its external data exceed 2 GB, which is not supported yet`);
  tensor.rawData = await readPart(file, offset, length).catch((error: unknown) => {
    throw fail(`its external data file "${location}" cannot be read`, error);
  });
  tensor.externalData = [];
  tensor.dataLocation = 0;
  try {
    checkProto(tensor);
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  return tensor.rawData;
}

/**
 * Whether a location that a model names lies in the model's folder or below: as written, and where its links lead. A
 * model that is itself a link may keep its data beside it or beside the file that it leads to.
 */
export async function liesBeside(location: string, modelFile: string): Promise<boolean> {
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

async function readPart(file: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  await using handle = await open(file);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new Error("it became shorter while it was read");
    done += bytesRead;
  }
  return bytes;
}
