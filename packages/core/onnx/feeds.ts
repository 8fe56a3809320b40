/** @file What to feed a model of any inputs: their declared shapes, sizes for the open dimensions, seeded numbers. */
import { InputError } from "../errors/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import { sizeOf, type Tensor, type Tensors, type TensorType } from "../tensor/index.ts";
import { tensorType } from "./element-type.ts";
import type { GraphIndex } from "./graph.ts";
import type { ModelProto } from "./proto.ts";

/** An input or a tensor as declared: numbers where the size is fixed, names where it is open. */
export interface Declared {
  name: string;
  type: TensorType;
  dims: (number | string)[];
}

/** Sizes of open dimensions, by name. */
export type Sizes = Readonly<Record<string, number>>;

const pictureRank = 4;
const usualSize = 8;
const largestFeed = 2 ** 28;

/**
 * The inputs that a caller feeds. An unnamed open dimension is called `batch` where it leads, `NAME_1` and so on elsewhere.
 * @param shape sizes without the leading dimension, for the one input of a model that leaves them open
 */
export function declaredInputs(model: ModelProto, index: GraphIndex, shape?: readonly number[]): Declared[] {
  if (index.inputs.length === 0) throw new InputError("ERR_MODEL_INPUT", "the model has no input");
  if (shape && index.inputs.length > 1) {
    throw new InputError(
      "ERR_MODEL_INPUT",
      `a shape can be given where a model has one input, this one has ${index.inputs.join(", ")}`,
    );
  }
  return index.inputs.map((name) => {
    const info = model.graph!.input.find((input) => input.name === name)!;
    const tensor = info.type?.value.case === "tensorType" ? info.type.value.value : undefined;
    if (info.type && !tensor) throw new InputError("ERR_MODEL_INPUT", `the input "${name}" is no tensor`);
    const type = tensorType(tensor?.elemType ?? 1);
    if (type === undefined) {
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${name}" holds type ${tensor!.elemType}, which is not supported`,
      );
    }
    const declared = tensor?.shape?.dim.map(({ value }, i): number | string => {
      if (value.case === "dimValue" && value.value > 0n) return Number(value.value);
      if (value.case === "dimParam" && value.value !== "") return value.value;
      return i === 0 ? "batch" : `${name}_${i}`;
    });
    if (!declared) {
      if (!shape) throw new InputError("ERR_MODEL_INPUT", `the input "${name}" has no shape; give one`);
      return { name, type, dims: ["batch", ...shape] };
    }
    if (shape && shape.length !== declared.length - 1) {
      throw new InputError(
        "ERR_MODEL_INPUT",
        `the input "${name}" has ${declared.length - 1} dimensions beside the batch, got ${shape.length}`,
      );
    }
    shape?.forEach((size, i) => {
      const fixed = declared[i + 1];
      if (typeof fixed === "number" && fixed !== size) {
        throw new InputError(
          "ERR_MODEL_INPUT",
          `the input "${name}" has size ${fixed} along dimension ${i + 1}, got ${size}`,
        );
      }
    });
    return { name, type, dims: declared };
  });
}

/** The name of the leading dimension of the first input, where it is open. */
export function batchSymbol([first]: readonly Declared[]): string | undefined {
  const leading = first?.dims[0];
  return typeof leading === "string" ? leading : undefined;
}

/**
 * Sizes for all open dimensions: `rows` for the batch, the given shape, else a usual one. Pictures with an open size have
 * to be given one: too small a guess breaks a network.
 */
export function sizesFor(inputs: readonly Declared[], rows: number, shape?: readonly number[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  const batch = batchSymbol(inputs);
  if (batch !== undefined) sizes[batch] = rows;
  for (const { name, type, dims } of inputs) {
    dims.forEach((dim, i) => {
      if (typeof dim !== "string" || dim in sizes) return;
      const given = i > 0 ? shape?.[i - 1] : undefined;
      if (given === undefined && type.startsWith("float") && dims.length >= pictureRank) {
        throw new InputError("ERR_MODEL_INPUT", `the input "${name}" leaves dimension ${i} open; give its shape`);
      }
      sizes[dim] = given ?? usualSize;
    });
  }
  return sizes;
}

/** Numbers for every input, the same for the same names, shapes and seed: normal ones, and for integers 0 and 1. */
export function feedsFor(inputs: readonly Declared[], sizes: Sizes, seed = "feeds"): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, type, dims }) => {
      const shape = dims.map((dim) => (typeof dim === "string" ? sizes[dim]! : dim));
      if (sizeOf(shape) > largestFeed)
        throw new InputError("ERR_MODEL_INPUT", `the input "${name}" is too large: [${shape.join(", ")}]`);
      return [name, randomTensorOf(type, shape, `${seed}/${name}`)];
    }),
  );
}

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

function randomTensorOf(type: TensorType, dims: readonly number[], stream: string): Tensor {
  return { type, dims, data: makers[type](sizeOf(dims), randomStream(0, stream)) };
}
