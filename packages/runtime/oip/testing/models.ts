/** @file Models that add up, served without an engine; and requests to them. */
import type { Port } from "@split-et-impera/core/deploy";
import { float32, tensorTypes, type Tensor, type TensorType } from "@split-et-impera/core/tensor";
import type { ServedModel } from "../model.ts";

export const port = (tensor: string, type: TensorType, shape: number[]): Port => ({
  tensor,
  type,
  shape,
  bytes: shape.reduce((size, dim) => size * dim, tensorTypes[type]),
});

/** `sum` [1, 1] and `twice` [1, 3] of `x` [1, 3]; runs at once. */
export const adds: ServedModel = {
  name: "adds",
  inputs: [port("x", "float32", [1, 3])],
  outputs: [port("sum", "float32", [1, 1]), port("twice", "float32", [1, 3])],
  async run(feeds, outputs, begin) {
    begin();
    const { dims, data } = feeds["x"] as Tensor<"float32">;
    const made = {
      sum: float32([1, 1], [data.reduce((sum, value) => sum + value, 0)]),
      twice: float32(
        dims,
        data.map((value) => 2 * value),
      ),
    };
    return Object.fromEntries(Object.entries(made).filter(([name]) => outputs.includes(name)));
  },
};

/** Inputs of several types; gives back the first. */
export const mixed: ServedModel = {
  name: "mixed",
  inputs: [port("f", "float32", [2, 2]), port("i", "int64", [2]), port("b", "bool", [3]), port("h", "float16", [2])],
  outputs: [port("f", "float32", [2, 2]), port("i", "int64", [2]), port("b", "bool", [3]), port("h", "float16", [2])],
  async run(feeds, outputs, begin) {
    begin();
    return Object.fromEntries(outputs.map((name) => [name, feeds[name]!]));
  },
};

export const bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** JSON and what stands behind it, with the length of the first. */
export function bodyOf(request: unknown, ...parts: Uint8Array[]): { body: Uint8Array; header: number } {
  const json = Buffer.from(JSON.stringify(request));
  return { body: new Uint8Array(Buffer.concat([json, ...parts])), header: json.length };
}

export const x = { name: "x", shape: [1, 3], datatype: "FP32" };
