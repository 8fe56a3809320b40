/** @file Opening a model without reading its weights: only where they lie. */
import { InputError } from "@split-et-impera/core/errors";
import {
  besidesInitialisers,
  isExternal,
  protoBytes,
  type ModelProto,
  type TensorProto,
} from "@split-et-impera/core/onnx";
import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { externalError, locateExternal, type Range } from "./external.ts";
import { otherKind } from "./kind.ts";
import { largest, parse, readExternal, sizeOfFile } from "./read.ts";

export interface OpenedModel {
  /** Weights of more than a few bytes are external data, also those that lie in the model's own file. */
  model: ModelProto;
  /** Bytes of these weights. */
  weights: number;
  /** Where a weight that was not read lies. */
  locate(tensor: TensorProto): Promise<Range>;
  /** The model's file and those in which its weights lie: what nothing may be written over. */
  files(): Promise<string[]>;
}

/** Fields of the messages on the way to the weights, by number (onnx.proto). */
const children: Record<string, Record<number, string>> = {
  model: { 7: "graph" },
  graph: { 5: "tensor" },
  tensor: {},
};
const rawData = 9;
/** Raw data up to this size is read: shapes, axes, biases. */
const smallest = 4096;
const windowSize = 1 << 16;
/** What is read besides weights; a model with more keeps them in nodes, where they cannot be passed over. */
const mostText = 2 ** 28;

/**
 * Opens a model of any size: reads its nodes and names, and notes where weights lie, in this file or in others.
 * @throws InputError as `readModel` does
 */
export async function openModel(file: string): Promise<OpenedModel> {
  const size = await sizeOfFile(file);
  await using handle = await open(file).catch((error: unknown) => {
    throw new InputError("ERR_MODEL_FILE", `${file}: cannot be read (${(error as Error).message})`, { cause: error });
  });
  const head = new Uint8Array(256);
  await handle.read(head, 0, head.length, 0);
  const text = await withoutWeights(reader(handle, size, file), size, basename(file)).catch((error: unknown) => {
    const kind = otherKind(head);
    if (kind === undefined) throw error;
    throw new InputError("ERR_MODEL_CORRUPT", `${file}: is ${kind}`, { cause: error });
  });
  const model = parse(text, file, head);
  // What lies in nodes and bodies goes with them wherever they go.
  let room = largest;
  const files = new Set([file]);
  for (const tensor of besidesInitialisers(model)) {
    if (!isExternal(tensor)) continue;
    files.add((await locateExternal(file, tensor)).file);
    room -= (await readExternal(tensor, file, room)).length;
  }
  const external = model.graph!.initializer.filter(isExternal);
  return {
    model,
    weights: external.reduce((sum, tensor) => sum + protoBytes(tensor), 0),
    locate: (tensor) => locate(file, tensor),
    async files() {
      for (const tensor of external) files.add((await locate(file, tensor)).file);
      return [...files];
    },
  };
}

/** The files of a model, which nothing may be written over. */
export async function filesOfModel(file: string): Promise<string[]> {
  return (await openModel(file)).files();
}

async function locate(modelFile: string, tensor: TensorProto): Promise<Range> {
  const range = await locateExternal(modelFile, tensor);
  const expected = protoBytes(tensor);
  if (range.length !== expected)
    throw externalError(modelFile, tensor, `expected ${expected} bytes for its shape, found ${range.length}`);
  return range;
}

interface Reader {
  byte(at: number): Promise<number>;
  copy(from: number, to: number): Promise<Uint8Array>;
}

/** Reads through a window, so that skipping weights reads nothing of them. */
function reader(handle: FileHandle, size: number, file: string): Reader {
  let window = new Uint8Array(0);
  let start = 0;
  let total = 0;
  const fill = async (from: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(Math.min(length, size - from));
    total += bytes.length;
    if (total > mostText)
      throw new InputError("ERR_MODEL_SIZE", `${file}: holds more than ${mostText} bytes besides its initialisers`);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  };
  const load = async (at: number): Promise<void> => {
    if (at >= start && at < start + window.length) return;
    window = await fill(at, windowSize);
    start = at;
  };
  return {
    async byte(at) {
      if (at < start || at >= start + window.length) await load(at);
      const value = window[at - start];
      if (value === undefined) throw new Error("the file ends too early");
      return value;
    },
    async copy(from, to) {
      if (from < start || to > start + window.length) {
        if (to - from > windowSize) return fill(from, to - from);
        await load(from);
        if (to > start + window.length) return fill(from, to - from);
      }
      return window.slice(from - start, to - start);
    },
  };
}

async function withoutWeights(source: Reader, size: number, file: string): Promise<Uint8Array> {
  const varint = async (at: number): Promise<[value: number, next: number]> => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = await source.byte(at++);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return [value, at];
    }
    throw new Error("a number is too long");
  };
  const rewrite = async (from: number, to: number, kind: string): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    let external: { offset: number; length: number } | undefined;
    for (let at = from; at < to;) {
      const [tag, body] = await varint(at);
      const [field, wire] = [Math.floor(tag / 8), tag % 8];
      let end: number;
      let content = body;
      if (wire === 0) [, end] = await varint(body);
      else if (wire === 1) end = body + 8;
      else if (wire === 5) end = body + 4;
      else if (wire === 2) {
        const [length, start] = await varint(body);
        content = start;
        end = start + length;
      } else throw new Error(`a field has wire type ${wire}`);
      if (end > to) throw new Error("a field is longer than what holds it");
      const child = children[kind]![field];
      if (kind === "tensor" && field === rawData && wire === 2 && end - content > smallest) {
        external = { offset: content, length: end - content };
      } else if (child !== undefined && wire === 2 && end - content > smallest) {
        const inner = await rewrite(content, end, child);
        parts.push(encode(tag), encode(inner.length), inner);
      } else parts.push(await source.copy(at, end));
      at = end;
    }
    if (external) {
      for (const [key, value] of Object.entries({ location: file, ...external }))
        parts.push(message(13, [...text(1, key), ...text(2, String(value))]));
      // data_location: EXTERNAL
      parts.push(Uint8Array.of((14 << 3) | 0, 1));
    }
    return Buffer.concat(parts);
  };
  try {
    return await rewrite(0, size, "model");
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      "ERR_MODEL_CORRUPT",
      `${file}: not an ONNX model, or a damaged one (${(error as Error).message})`,
      { cause: error },
    );
  }
}

/** A base-128 number, as protobuf writes it. */
function encode(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.from([...bytes, value]);
}

function message(field: number, content: readonly number[]): Uint8Array {
  return Uint8Array.from([...encode(field * 8 + 2), ...encode(content.length), ...content]);
}

function text(field: number, value: string): number[] {
  return [...message(field, [...new TextEncoder().encode(value)])];
}
