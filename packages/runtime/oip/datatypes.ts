/** @file Tensors as the Open Inference Protocol names and writes them: numbers in JSON, or little-endian bytes. */
import { sizeOf, zeros, type Tensor, type TensorType } from "@split-et-impera/core/tensor";
import { shown } from "@split-et-impera/core/units";
import { RequestError } from "./error.ts";

/** By element type: the protocol's name of it. */
export const datatypes: Readonly<Record<TensorType, string>> = {
  float32: "FP32",
  float64: "FP64",
  float16: "FP16",
  bfloat16: "BF16",
  int8: "INT8",
  uint8: "UINT8",
  int16: "INT16",
  uint16: "UINT16",
  int32: "INT32",
  uint32: "UINT32",
  int64: "INT64",
  uint64: "UINT64",
  bool: "BOOL",
  string: "BYTES",
};

/** Types that JSON has no numbers for. */
export const binaryOnly: readonly TensorType[] = ["float16", "bfloat16"];

type Numbers = Exclude<Tensor["data"], string[]>;

/** @param bytes as many as the tensor has; they are copied, since they may stand at any offset */
export function tensorOfBytes(type: TensorType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const made = zeros(type, dims);
  const { buffer } = made.data as Numbers;
  new Uint8Array(buffer).set(bytes);
  if (type === "bool" && bytes.some((byte) => byte > 1))
    throw new RequestError(400, "expected bytes of 0 or 1 for BOOL");
  return made;
}

/** The tensor's own memory. */
export function bytesOfTensor({ data }: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as Numbers;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * @param data numbers in row-major order, nested as the shape says or not at all
 * @throws RequestError 400 where they are not as many, or not what the type holds
 */
export function tensorOfJson(type: TensorType, dims: readonly number[], data: unknown): Tensor {
  const name = datatypes[type];
  if (binaryOnly.includes(type)) throw new RequestError(400, `JSON has no ${name}; send it as binary data`);
  if (!Array.isArray(data)) throw new RequestError(400, "data: expected an array");
  const size = sizeOf(dims);
  const flat: unknown[] = data.length === size && !Array.isArray(data[0]) ? data : flattened(data, dims);
  if (flat.length !== size)
    throw new RequestError(400, `data: expected ${size} elements for [${dims.join(", ")}], got ${flat.length}`);
  const made = zeros(type, dims);
  for (const [i, value] of flat.entries()) {
    if (!holds(type, made.data, i, value))
      throw new RequestError(400, `data: element ${i}: expected ${name}, got ${shown(value)}`);
  }
  return made;
}

function flattened(data: readonly unknown[], dims: readonly number[]): unknown[] {
  let level = data;
  for (let d = 0; d < dims.length - 1; d++) {
    const inner = dims[d + 1]!;
    const wrong = level.find((one) => !Array.isArray(one) || one.length !== inner);
    if (wrong !== undefined)
      throw new RequestError(400, `data: expected a flat array, or arrays nested as [${dims.join(", ")}]`);
    level = (level as unknown[][]).flat();
  }
  return level as unknown[];
}

/** Puts a value into its place; false where the type does not hold it. */
function holds(type: TensorType, into: Tensor["data"], i: number, value: unknown): boolean {
  if (type === "bool") {
    if (value !== true && value !== false && value !== 0 && value !== 1) return false;
    (into as Uint8Array)[i] = Number(value);
    return true;
  }
  if (typeof value !== "number") return false;
  if (type === "int64" || type === "uint64") {
    if (!Number.isSafeInteger(value) || (type === "uint64" && value < 0)) return false;
    (into as BigInt64Array)[i] = BigInt(value);
    return true;
  }
  const numbers = into as Float64Array;
  numbers[i] = value;
  return type === "float32" || type === "float64" ? Number.isFinite(numbers[i]) : numbers[i] === value;
}

/** @throws RequestError 400 where JSON cannot say it */
export function jsonOfTensor({ type, data }: Tensor): string {
  if (binaryOnly.includes(type)) throw new RequestError(400, `JSON has no ${datatypes[type]}; ask for binary data`);
  if (type === "bool") return `[${Array.from(data as Uint8Array, (value) => value !== 0).join(",")}]`;
  if ((data as Float64Array).some((value) => typeof value === "number" && !Number.isFinite(value)))
    throw new RequestError(400, "holds NaN or infinite values, which JSON has no words for; ask for binary data");
  return `[${(data as Float64Array).join(",")}]`;
}
