/** @file Asking over the Open Inference Protocol: a request's bytes, the answer read, and whether a model is the one that is meant. */
import { isDeepStrictEqual } from "node:util";
import type { Port } from "@split-et-impera/core/deploy";
import { InputError } from "@split-et-impera/core/errors";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import { shown } from "@split-et-impera/core/units";
import type { RequestBody } from "./connection.ts";
import { binaryOnly, bytesOfTensor, datatypes, jsonOfTensor, tensorOfBytes, tensorOfJson } from "./datatypes.ts";
import { RequestError } from "./error.ts";

/** What goes in and what is wanted of it. */
export interface Ports {
  inputs: readonly Port[];
  outputs: readonly Port[];
}

/**
 * All inputs, and all outputs wanted: as bytes behind the JSON, or as its numbers for a server that knows nothing else.
 * @param timeout microseconds after which nobody wants the answer
 * @throws RequestError 400 where JSON has no numbers for an input
 */
export function writeRequest(
  { inputs, outputs }: Ports,
  feeds: Tensors,
  { timeout, binary }: { timeout: number; binary: boolean },
): RequestBody {
  const parameters = JSON.stringify({ timeout: Math.max(1, Math.round(timeout)) });
  const given = inputs.map(({ tensor, type, shape, bytes }) => {
    const head = `"name":${JSON.stringify(tensor)},"shape":[${shape.join()}],"datatype":"${datatypes[type]}"`;
    return binary
      ? `{${head},"parameters":{"binary_data_size":${bytes}}}`
      : `{${head},"data":${jsonOfTensor(feeds[tensor]!)}}`;
  });
  const wanted = outputs.map(({ tensor }) => ({ name: tensor, ...(binary && { parameters: { binary_data: true } }) }));
  const json = Buffer.from(
    `{"parameters":${parameters},"inputs":[${given.join()}],"outputs":${JSON.stringify(wanted)}}`,
  );
  if (!binary) return { parts: [json], headers: { "Content-Type": "application/json" } };
  return {
    parts: [json, ...inputs.map(({ tensor }) => bytesOfTensor(feeds[tensor]!))],
    headers: { "Content-Type": "application/octet-stream", "Inference-Header-Content-Length": json.length },
  };
}

/**
 * Whether a server takes and gives tensors as bytes: what it says about itself names the extension. One that says nothing
 * readable is taken at its best, since proxies may pass on a model's own paths alone.
 */
export function takesBytes(status: number, body: Uint8Array): boolean {
  if (status !== 200) return true;
  const { extensions } = objectOf(jsonOf(body));
  return !Array.isArray(extensions) || extensions.includes("binary_tensor_data");
}

type Fields = Record<string, unknown>;

/**
 * @param headerBytes what `Inference-Header-Content-Length` says; undefined: the body is JSON
 * @throws InputError `ERR_MESSAGE` where it is no answer, or not of these outputs
 */
export function readAnswerBody(body: Uint8Array, headerBytes: number | undefined, { outputs }: Ports): Tensors {
  const { outputs: given } = objectOf(jsonOf(body.subarray(0, headerBytes)));
  const binary = body.subarray(headerBytes ?? body.length);
  const found: Record<string, Tensor> = {};
  let at = 0;
  for (const one of Array.isArray(given) ? given : []) {
    const { name, shape, datatype, parameters, data } = objectOf(one);
    const size = objectOf(parameters)["binary_data_size"];
    const bytes = typeof size === "number" ? binary.subarray(at, (at += size)) : undefined;
    const port = outputs.find(({ tensor }) => tensor === name);
    if (!port) continue;
    const { tensor, type } = port;
    if (!isDeepStrictEqual(shape, port.shape) || datatype !== datatypes[type])
      throw strange(
        `output "${tensor}": expected ${datatypes[type]} [${port.shape.join(", ")}], got ${shown(datatype)} ${shown(shape)}`,
      );
    if (bytes && bytes.length !== port.bytes)
      throw strange(`output "${tensor}": expected ${port.bytes} bytes, got ${bytes.length}`);
    found[tensor] = bytes ? tensorOfBytes(type, port.shape, bytes) : tensorOfJson(type, port.shape, data);
  }
  const missing = outputs.find(({ tensor }) => !Object.hasOwn(found, tensor));
  if (missing) throw strange(`output "${missing.tensor}" is missing`);
  return found;
}

/** What a server says against a request: its own words, or those of the status. */
export function errorOf(status: number, body: Uint8Array): RequestError {
  let said: unknown;
  try {
    said = objectOf(jsonOf(body))["error"];
  } catch {
    // Not what the protocol says, so that there is nothing to read.
  }
  return new RequestError(status, `HTTP ${status}${typeof said === "string" ? `: ${said.slice(0, 300)}` : ""}`);
}

/**
 * What speaks against a model that a server describes being the one that is meant; undefined: nothing.
 * @param binary whether it takes bytes
 */
export function metadataFault(body: Uint8Array, { inputs, outputs }: Ports, binary = true): string | undefined {
  const wordless = [...inputs, ...outputs].find(({ type }) => binaryOnly.includes(type));
  if (!binary && wordless)
    return `"${wordless.tensor}" is ${datatypes[wordless.type]}, which JSON has no numbers for, and this server names no extension binary_tensor_data`;
  const metadata = objectOf(jsonOf(body));
  const known = (side: string): Fields[] =>
    (Array.isArray(metadata[side]) ? (metadata[side] as unknown[]) : []).map(objectOf);
  if (known("inputs").length !== inputs.length)
    return `expected ${inputs.length} inputs, the model has ${known("inputs").length}`;
  for (const [side, ports] of [
    ["inputs", inputs],
    ["outputs", outputs],
  ] as const) {
    for (const { tensor, type, shape } of ports) {
      const found = known(side).find(({ name }) => name === tensor);
      const expected = `expected "${tensor}" ${datatypes[type]} [${shape.join(", ")}] among its ${side}`;
      if (!found) return `${expected}, the model has none`;
      if (found["datatype"] !== datatypes[type] || !fits(shape, found["shape"]))
        return `${expected}, the model has ${shown(found["datatype"])} ${shown(found["shape"])}`;
    }
  }
  return undefined;
}

/** -1 is any size. */
const fits = (shape: readonly number[], given: unknown): boolean =>
  Array.isArray(given) && given.length === shape.length && shape.every((dim, d) => given[d] === dim || given[d] === -1);

const strange = (message: string): InputError => new InputError("ERR_MESSAGE", message);

const objectOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new InputError("ERR_MESSAGE", "answers with what is no JSON", { cause: error });
  }
}
