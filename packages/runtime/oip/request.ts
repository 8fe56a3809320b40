/**
 * @file A request to infer, read: JSON with numbers, JSON with bytes behind it (the binary tensor data extension), or the
 * bytes of the one input alone.
 */
import { isDeepStrictEqual } from "node:util";
import type { Port } from "@split-et-impera/core/deploy";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import { shown } from "@split-et-impera/core/units";
import { datatypes, tensorOfBytes, tensorOfJson } from "./datatypes.ts";
import { RequestError } from "./error.ts";
import type { ServedModel } from "./model.ts";

export interface InferRequest {
  id?: string;
  /** Microseconds after which nobody wants the answer; absent: no matter when. */
  timeout?: number;
  feeds: Tensors;
  outputs: WantedOutput[];
}

export interface WantedOutput {
  port: Port;
  /** Whether as bytes; else as JSON. */
  binary: boolean;
}

type Fields = Record<string, unknown>;

/** What a request says beside the bytes of its tensors. */
export interface RequestFields {
  id?: unknown;
  parameters?: unknown;
  inputs?: unknown;
  outputs?: unknown;
}

/**
 * @param headerBytes what `Inference-Header-Content-Length` says; undefined: the body is JSON; 0: it is the one input's bytes
 * @throws RequestError 400
 */
export function readRequest(body: Uint8Array, headerBytes: number | undefined, model: ServedModel): InferRequest {
  if (headerBytes === 0) return rawRequest(body, model);
  if (headerBytes !== undefined && headerBytes > body.length)
    throw refused(`Inference-Header-Content-Length: expected at most the body's ${body.length} bytes`);
  const header = headerBytes === undefined ? body : body.subarray(0, headerBytes);
  return requestOf(objectOf("the request", parsed(header)), body.subarray(header.length), model);
}

/**
 * The same of fields that are read already.
 * @param binary the bytes of all inputs that say so (`binary_data_size`), one after another
 * @throws RequestError 400
 */
export function requestOf(
  { id, parameters, inputs, outputs }: RequestFields,
  binary: Uint8Array,
  model: ServedModel,
): InferRequest {
  if (id !== undefined && typeof id !== "string") throw refused(`id: expected a string, got ${shown(id)}`);
  const { timeout, binary_data_output: asBytes } = parametersOf("parameters", parameters);
  // 0 is what clients send that set none.
  const limit = optional("parameters.timeout", timeout, isCount) ?? 0;
  return {
    ...(id !== undefined && { id }),
    ...(limit > 0 && { timeout: limit }),
    feeds: feedsOf(inputs, binary, model),
    outputs: outputsOf(outputs, optional("parameters.binary_data_output", asBytes, isBoolean) ?? false, model),
  };
}

/** Answers come as bytes too. */
function rawRequest(body: Uint8Array, { inputs, outputs }: ServedModel): InferRequest {
  const [only, ...more] = inputs;
  if (!only || more.length > 0)
    throw refused(`expected JSON: a body of bytes alone is for models of one input, this has ${inputs.length}`);
  return {
    feeds: { [only.tensor]: ofBytes(only, body) },
    outputs: outputs.map((port) => ({ port, binary: true })),
  };
}

function feedsOf(given: unknown, binary: Uint8Array, { inputs }: ServedModel): Tensors {
  const feeds: Record<string, Tensor> = {};
  let at = 0;
  for (const [i, one] of listOf("inputs", given, inputs.length).entries()) {
    const { name, shape, datatype, data, parameters } = objectOf(`inputs[${i}]`, one);
    const port = inputs.find(({ tensor }) => tensor === name);
    const known = inputs.map(({ tensor }) => tensor).join(", ");
    if (!port) throw refused(`inputs[${i}].name: expected one of ${known}, got ${shown(name)}`);
    if (Object.hasOwn(feeds, port.tensor)) throw refused(`inputs[${i}].name: "${port.tensor}" stands there twice`);
    const where = `input "${port.tensor}"`;
    if (!Array.isArray(shape) || !isDeepStrictEqual(shape, port.shape))
      throw refused(`${where}: shape: expected [${port.shape.join(", ")}], got ${shown(shape)}`);
    if (datatype !== datatypes[port.type])
      throw refused(`${where}: datatype: expected ${datatypes[port.type]}, got ${shown(datatype)}`);
    const { binary_data_size: size } = parametersOf(`${where}: parameters`, parameters);
    if ((size === undefined) === (data === undefined))
      throw refused(`${where}: expected either data or parameters.binary_data_size`);
    if (size === undefined) feeds[port.tensor] = within(where, () => tensorOfJson(port.type, port.shape, data));
    else {
      if (size !== port.bytes) throw refused(`${where}: binary_data_size: expected ${port.bytes}, got ${shown(size)}`);
      feeds[port.tensor] = ofBytes(port, binary.subarray(at, at + port.bytes));
      at += port.bytes;
    }
  }
  const missing = inputs.find(({ tensor }) => !Object.hasOwn(feeds, tensor));
  if (missing) throw refused(`inputs: "${missing.tensor}" is missing`);
  if (at !== binary.length) throw refused(`expected ${at} bytes behind the JSON object, got ${binary.length}`);
  return feeds;
}

function outputsOf(given: unknown, binary: boolean, { outputs }: ServedModel): WantedOutput[] {
  if (given === undefined) return outputs.map((port) => ({ port, binary }));
  const wanted = listOf("outputs", given, outputs.length).map((one, i) => {
    const { name, parameters } = objectOf(`outputs[${i}]`, one);
    const port = outputs.find(({ tensor }) => tensor === name);
    const known = outputs.map(({ tensor }) => tensor).join(", ");
    if (!port) throw refused(`outputs[${i}].name: expected one of ${known}, got ${shown(name)}`);
    const { binary_data: own } = parametersOf(`outputs[${i}].parameters`, parameters);
    return { port, binary: optional(`outputs[${i}].parameters.binary_data`, own, isBoolean) ?? binary };
  });
  if (new Set(wanted.map(({ port }) => port)).size < wanted.length) throw refused("outputs: one stands there twice");
  return wanted.length === 0 ? outputs.map((port) => ({ port, binary })) : wanted;
}

function ofBytes({ tensor, type, shape, bytes }: Port, found: Uint8Array): Tensor {
  if (found.length !== bytes) throw refused(`input "${tensor}": expected ${bytes} bytes, got ${found.length}`);
  return within(`input "${tensor}"`, () => tensorOfBytes(type, shape, found));
}

const refused = (message: string): RequestError => new RequestError(400, message);

function within<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RequestError) throw refused(`${where}: ${error.message}`);
    throw error;
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw refused(`expected a JSON object, but ${(error as Error).message.replaceAll(/\s+/g, " ").slice(0, 200)}`);
  }
}

function objectOf(path: string, value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refused(`${path}: expected an object, got ${shown(value)}`);
  return value as Fields;
}

const parametersOf = (path: string, value: unknown): Fields => (value === undefined ? {} : objectOf(path, value));

function listOf(path: string, value: unknown, most: number): unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw refused(`${path}: expected a list of at most ${most}, got ${shown(value)}`);
  return value;
}

interface Check<T> {
  expected: string;
  is(value: unknown): value is T;
}

const isCount: Check<number> = {
  expected: "a whole number from 0 on",
  is: (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
};
const isBoolean: Check<boolean> = {
  expected: "true or false",
  is: (value): value is boolean => typeof value === "boolean",
};

function optional<T>(path: string, value: unknown, { expected, is }: Check<T>): T | undefined {
  if (value === undefined || is(value)) return value;
  throw refused(`${path}: expected ${expected}, got ${shown(value)}`);
}
