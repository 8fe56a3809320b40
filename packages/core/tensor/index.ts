/** @file Tensors: a type, dimensions, and a typed array in row-major order. */
import { internal } from "../errors/index.ts";

export { asFloat32, fromFloat32, largestExactWhole, wholeRanges } from "./as-type.ts";
export { fromFloat16, toFloat16 } from "./float16.ts";

/** The typed array that holds each element type. float16 and bfloat16 travel as their bits. */
interface Arrays {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
}

export type TensorType = keyof Arrays;

/** A dense tensor. `data.length` is the product of `dims`; a scalar has no dims. */
export interface Tensor<T extends TensorType = TensorType> {
  readonly type: T;
  readonly dims: readonly number[];
  readonly data: Arrays[T];
}

/** Tensors by name. */
export type Tensors = Record<string, Tensor>;

/** The element types, with the bytes that one takes; strings take none of their own. */
export const tensorTypes: Readonly<Record<TensorType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
  string: 0,
};

/** Bytes that one element of `type` takes. */
export function elementBytes(type: TensorType): number {
  return tensorTypes[type];
}

/** The number of elements in a shape. */
export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const dim of dims) size *= dim;
  return size;
}

/** Makes a tensor and checks that data and dimensions agree. */
export function tensor<T extends TensorType>(type: T, dims: readonly number[], data: Arrays[T]): Tensor<T> {
  if (data.length !== sizeOf(dims)) throw internal(`${data.length} elements for the shape [${dims.join(", ")}]`);
  return { type, dims, data };
}

/** The typed arrays of the element types; strings have none. */
export const typedArrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** A tensor of zeros; strings are empty. */
export function zeros<T extends TensorType>(type: T, dims: readonly number[]): Tensor<T> {
  const size = sizeOf(dims);
  const of: TensorType = type;
  const data = of === "string" ? Array.from({ length: size }, () => "") : new typedArrays[of](size);
  return { type, dims, data: data as Arrays[T] };
}

/** A float32 tensor from numbers. */
export function float32(dims: readonly number[], data: ArrayLike<number>): Tensor<"float32"> {
  return tensor("float32", dims, data instanceof Float32Array ? data : Float32Array.from(data));
}

/**
 * A whole number as int64; beyond its range the nearest there is. Exporters write the largest int64 for "to the end", which
 * as a number rounds to one more, and would come back as the smallest.
 */
export function toInt64(value: number): bigint {
  const largest = 2n ** 63n - 1n;
  const exact = BigInt(value);
  return exact > largest ? largest : exact < -largest - 1n ? -largest - 1n : exact;
}

/** An int64 tensor from numbers. */
export function int64(dims: readonly number[], data: readonly number[]): Tensor<"int64"> {
  return tensor("int64", dims, BigInt64Array.from(data, toInt64));
}

/** Rows `from` to `to` (exclusive) along the first dimension, without a copy where the array allows it. */
export function rows<T extends TensorType>(of: Tensor<T>, from: number, to: number): Tensor<T> {
  const step = sizeOf(of.dims.slice(1));
  const data = of.data as Float32Array;
  const part = Array.isArray(data) ? data.slice(from * step, to * step) : data.subarray(from * step, to * step);
  return { type: of.type, dims: [to - from, ...of.dims.slice(1)], data: part as unknown as Arrays[T] };
}

/** The rows at these places along the first dimension, in their order, as a copy. */
export function rowsAt<T extends Exclude<TensorType, "string">>(of: Tensor<T>, places: ArrayLike<number>): Tensor<T> {
  const step = sizeOf(of.dims.slice(1));
  const found = zeros(of.type, [places.length, ...of.dims.slice(1)]);
  const [from, to] = [of.data as Float32Array, found.data as Float32Array];
  for (let row = 0; row < places.length; row++)
    to.set(from.subarray(places[row]! * step, (places[row]! + 1) * step), row * step);
  return found;
}
