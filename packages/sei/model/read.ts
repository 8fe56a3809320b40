/** @file Reading models from disk, external data included. */
import { InputError } from "@split-et-impera/core/errors";
import {
  checkProto,
  isExternal,
  parseModel,
  storedTensors,
  type ModelProto,
  type TensorProto,
} from "@split-et-impera/core/onnx";
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { externalError, locateExternal } from "./external.ts";
import { otherKind } from "./kind.ts";

/** What one serialised model may hold (protobuf's own limit). */
export const largest = 2 ** 31 - 1;

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
  const model = parse(content, file, content);
  let bytes = size;
  for (const tensor of storedTensors(model)) {
    if (!isExternal(tensor)) continue;
    const data = await readExternal(tensor, file, largest - bytes);
    hash.update(data);
    bytes += data.length;
  }
  return { model, bytes, sha256: hash.digest("hex") };
}

/**
 * Parses a model, and where it is none says what else it is.
 * @param head the first bytes of its file
 */
export function parse(text: Uint8Array, file: string, head: Uint8Array): ModelProto {
  try {
    return parseModel(text, basename(file));
  } catch (error) {
    const kind = otherKind(head);
    if (kind === undefined) throw error;
    throw new InputError("ERR_MODEL_CORRUPT", `${file}: is ${kind}`, { cause: error });
  }
}

/** Bytes of a model's file; an `InputError` where there is none. */
export async function sizeOfFile(file: string): Promise<number> {
  try {
    const found = await stat(file);
    const what = found.isDirectory() ? "a folder" : "a pipe or device; write it to a file first";
    if (!found.isFile()) throw new InputError("ERR_MODEL_FILE", `${file}: expected an ONNX file, found ${what}`);
    return found.size;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError("ERR_MODEL_FILE", `${file}: no such model`, { cause: error });
  }
}

/** Reads one tensor's bytes in place of its reference, at most `room`. */
export async function readExternal(tensor: TensorProto, modelFile: string, room: number): Promise<Uint8Array> {
  const { file, offset, length } = await locateExternal(modelFile, tensor);
  if (length > room)
    throw new InputError("ERR_MODEL_SIZE", `${modelFile}: its external data exceed 2 GB, which is not supported yet`);
  tensor.rawData = await readPart(file, offset, length).catch((error: unknown) => {
    throw externalError(modelFile, tensor, `its external data file "${file}" cannot be read`, error);
  });
  tensor.externalData = [];
  tensor.dataLocation = 0;
  try {
    checkProto(tensor);
  } catch (error) {
    throw externalError(modelFile, tensor, (error as Error).message, error);
  }
  return tensor.rawData;
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
