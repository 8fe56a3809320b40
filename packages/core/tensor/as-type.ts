/** @file Numbers of any element type as float32, as they go over a wire, and back in their own type. */
import { internal } from "../errors/index.ts";
import { fromFloat16, toFloat16 } from "./float16.ts";
import type { Tensor, TensorType } from "./index.ts";

/** Whole numbers that an element type holds: the least and the largest that a number tells exactly. */
export const wholeRanges: Partial<Record<TensorType, readonly [number, number]>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** Beyond it float32 does not tell neighbouring whole numbers apart. */
export const largestExactWhole = 2 ** 24;

/** The same numbers as float32: exact but for float64, and for whole numbers beyond `largestExactWhole`. */
export function asFloat32({ type, dims, data }: Tensor): Tensor<"float32"> {
  if (type === "string" || type === "bfloat16") throw internal(`numbers of ${type} as float32`);
  if (data instanceof Float32Array) return { type: "float32", dims, data };
  const numbers =
    type === "float16"
      ? fromFloat16(data as Uint16Array)
      : Float32Array.from(data as ArrayLike<number | bigint>, Number);
  return { type: "float32", dims, data: numbers };
}

/** Numbers in an element type: of whole numbers the nearest that it holds. float32 is handed on as it is. */
export function fromFloat32({ dims, data }: Tensor<"float32">, type: TensorType): Tensor {
  const range = wholeRanges[type];
  const whole = (x: number): number => Math.min(range![1], Math.max(range![0], Math.round(x)));
  switch (type) {
    case "float32":
      return { type, dims, data };
    case "float64":
      return { type, dims, data: Float64Array.from(data) };
    case "float16":
      return { type, dims, data: toFloat16(data) };
    case "int64":
      return { type, dims, data: BigInt64Array.from(data, (x) => BigInt(whole(x))) };
    case "uint64":
      return { type, dims, data: BigUint64Array.from(data, (x) => BigInt(whole(x))) };
    case "int8":
      return { type, dims, data: Int8Array.from(data, whole) };
    case "int16":
      return { type, dims, data: Int16Array.from(data, whole) };
    case "uint16":
      return { type, dims, data: Uint16Array.from(data, whole) };
    case "int32":
      return { type, dims, data: Int32Array.from(data, whole) };
    case "uint32":
      return { type, dims, data: Uint32Array.from(data, whole) };
    case "uint8":
    case "bool":
      return { type, dims, data: Uint8Array.from(data, whole) };
    default:
      throw internal(`numbers as ${type}`);
  }
}
