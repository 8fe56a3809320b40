/** @file Numbers as a tensor of an element type, refused where the type does not hold them. */
import { InputError } from "../errors/index.ts";
import { toFloat16, wholeRanges, type Tensor, type TensorType } from "../tensor/index.ts";

/**
 * The numbers as a tensor of `type`; an array of float32 is not copied where that is what is wanted.
 *
 * @param where what the numbers are, for errors
 * @throws InputError `ERR_FEEDS` naming the first number that the type does not hold
 */
export function typed(
  where: string,
  { dims, data }: { dims: readonly number[]; data: ArrayLike<number> & Iterable<number> },
  type: TensorType,
): Tensor {
  const range = wholeRanges[type];
  const wrong = range && Array.prototype.findIndex.call(data, (x: number) => !holds(range, x));
  if (wrong !== undefined && wrong >= 0)
    throw new InputError("ERR_FEEDS", `${where}: expected numbers of ${type}, got ${data[wrong]} at ${wrong}`);
  switch (type) {
    case "float32":
      return { type, dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
    case "float64":
      return { type, dims, data: Float64Array.from(data) };
    case "float16":
      return { type, dims, data: toFloat16(Float32Array.from(data)) };
    case "int64":
      return { type, dims, data: BigInt64Array.from(data, BigInt) };
    case "uint64":
      return { type, dims, data: BigUint64Array.from(data, BigInt) };
    case "int8":
      return { type, dims, data: Int8Array.from(data) };
    case "int16":
      return { type, dims, data: Int16Array.from(data) };
    case "uint16":
      return { type, dims, data: Uint16Array.from(data) };
    case "int32":
      return { type, dims, data: Int32Array.from(data) };
    case "uint32":
      return { type, dims, data: Uint32Array.from(data) };
    case "uint8":
    case "bool":
      return { type, dims, data: Uint8Array.from(data) };
    default:
      throw new InputError("ERR_FEEDS", `${where}: the model takes ${type} there, which an array of numbers is not`);
  }
}

function holds([least, most]: readonly [number, number], x: number): boolean {
  return Number.isInteger(x) && x >= least && x <= most;
}
