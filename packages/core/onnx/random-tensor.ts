/** @file Seeded numbers of every element type. */
import { randomStream, type Random } from "../random/index.ts";
import { sizeOf, type Tensor, type TensorType } from "../tensor/index.ts";

type Maker = (length: number, random: Random) => Tensor["data"];

const bits: Maker = (length, random) =>
  Uint16Array.from({ length }, () => [0x3c00, 0xbc00, 0x3800, 0][random.integer(4)]!);
/** Sizes and ids; 1 where there is only one, since a size or a count of 0 leaves nothing to compare. */
const small = (length: number, random: Random): number => (length === 1 ? 1 : random.integer(2));

const makers: Record<TensorType, Maker> = {
  float32: (length, random) => Float32Array.from({ length }, random.normal),
  float64: (length, random) => Float64Array.from({ length }, random.normal),
  float16: bits,
  bfloat16: bits,
  uint8: (length, random) => Uint8Array.from({ length }, () => random.integer(256)),
  int8: (length, random) => Int8Array.from({ length }, () => random.integer(256) - 128),
  int16: (length, random) => Int16Array.from({ length }, () => small(length, random)),
  uint16: (length, random) => Uint16Array.from({ length }, () => small(length, random)),
  int32: (length, random) => Int32Array.from({ length }, () => small(length, random)),
  uint32: (length, random) => Uint32Array.from({ length }, () => small(length, random)),
  int64: (length, random) => BigInt64Array.from({ length }, () => BigInt(small(length, random))),
  uint64: (length, random) => BigUint64Array.from({ length }, () => BigInt(small(length, random))),
  bool: (length, random) => Uint8Array.from({ length }, () => random.integer(2)),
  string: (length, random) => Array.from({ length }, () => (random.integer(2) ? "a" : "b")),
};

/** The same numbers for the same stream and shape: normal ones, and for integers other than pixels 0 and 1. */
export function randomTensor(type: TensorType, dims: readonly number[], stream: string): Tensor {
  return { type, dims, data: makers[type](sizeOf(dims), randomStream(0, stream)) };
}

/** Standard normal numbers, the same for the same name and shape. */
export function randomInput(dims: readonly number[], name: string): Tensor {
  return randomTensor("float32", dims, `input/${name}`);
}
