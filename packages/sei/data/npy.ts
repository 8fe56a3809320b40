/**
 * @file NumPy's .npy format, of plain numbers only: an object array is refused, because reading one runs code.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { fromFloat16 } from "@split-et-impera/core/wire";
import { dataError } from "./files.ts";
import { memoryLimit } from "./dataset.ts";

/** The typed array that holds each element type; half precision becomes single, 64-bit integers become double. */
const types = {
  b1: { bytes: 1, as: Uint8Array },
  u1: { bytes: 1, as: Uint8Array },
  i1: { bytes: 1, as: Int8Array },
  u2: { bytes: 2, as: Uint16Array },
  i2: { bytes: 2, as: Int16Array },
  f2: { bytes: 2, as: Uint16Array, widen: (data: NumberArray) => fromFloat16(data as Uint16Array) },
  u4: { bytes: 4, as: Uint32Array },
  i4: { bytes: 4, as: Int32Array },
  f4: { bytes: 4, as: Float32Array },
  u8: {
    bytes: 8,
    as: Float64Array,
    read: (view: DataView, at: number, little: boolean) => Number(view.getBigUint64(at, little)),
  },
  i8: {
    bytes: 8,
    as: Float64Array,
    read: (view: DataView, at: number, little: boolean) => Number(view.getBigInt64(at, little)),
  },
  f8: { bytes: 8, as: Float64Array },
} satisfies Record<string, Row>;

type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

interface Row {
  /** Of one element in the file. */
  bytes: number;
  as: new (length: number) => NumberArray;
  /** How an element is read that the array does not hold as it stands. */
  read?(view: DataView, at: number, little: boolean): number;
  /** What becomes of bits that no array holds as numbers. */
  widen?(data: NumberArray): NumberArray;
}

export type NpyType = keyof typeof types;

/** An array in C order. Elements keep their size but for half precision, which takes twice its bytes. */
export interface NumericArray {
  dims: number[];
  type: NpyType;
  data: NumberArray;
}

/** Reads an array; `path` is for messages. Throws `InputError` for anything that is not a whole array of numbers. */
export function parseNpy(bytes: Uint8Array, path: string): NumericArray {
  const { type, little, fortran, dims, start } = parseHeader(bytes, path);
  const row: Row = types[type];
  const count = dims.reduce((a, b) => a * b, 1);
  if (count * (row.widen ? 2 * row.bytes : row.bytes) > memoryLimit)
    throw dataError(path, "an array of at most 2 GiB", `shape ${shape(dims)} of type ${type}`);
  if (bytes.length - start !== count * row.bytes) {
    const needed = `${count * row.bytes} bytes for shape ${shape(dims)} of type ${type}`;
    throw dataError(path, needed, `${bytes.length - start}`);
  }
  const data = elements(bytes.subarray(start), row, count, little);
  return { dims, type, data: fortran && dims.length > 1 ? fromFortran(dims, data) : data };
}

function elements(
  bytes: Uint8Array,
  { bytes: size, as: Elements, read, widen }: Row,
  count: number,
  little: boolean,
): NumberArray {
  const data = new Elements(count);
  if (read) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) data[i] = read(view, i * size, little);
    return data;
  }
  const own = new Uint8Array(data.buffer);
  own.set(bytes);
  // Typed arrays are little-endian wherever this runs.
  if (!little && size > 1) {
    for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse();
  }
  return widen ? widen(data) : data;
}

interface Header {
  type: NpyType;
  little: boolean;
  fortran: boolean;
  dims: number[];
  /** Offset of the first element. */
  start: number;
}

function parseHeader(bytes: Uint8Array, path: string): Header {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw dataError(path, "a .npy array (starting with \\x93NUMPY)", "something else");
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw dataError(path, ".npy version 1, 2 or 3", `${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = version > 1;
  if (wide && bytes.length < 12) throw dataError(path, "a whole .npy header", `${bytes.length} bytes in all`);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  if (length > 65536 || start > bytes.length) {
    throw dataError(path, "a .npy header of at most 65536 bytes inside the file", `a length of ${length}`);
  }
  const text = new TextDecoder("latin1").decode(bytes.subarray(start - length, start));
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d{1,4})'/.exec(text);
  const type = descr ? `${descr[2]}${descr[3]}` : undefined;
  if (type === undefined || !Object.hasOwn(types, type)) {
    const found = /'descr'\s*:\s*('[^']{0,40}'|.{0,40})/.exec(text)?.[1] ?? "no type";
    throw dataError(path, "numbers (u1, i1 ... i8, f2, f4, f8)", found.trim());
  }
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const list = /'shape'\s*:\s*\(([\d,\s]{0,400})\)/.exec(text)?.[1];
  if (fortran === undefined || list === undefined) {
    throw dataError(path, "'fortran_order' and 'shape' in the .npy header", "a header without");
  }
  const dims = list
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  if (dims.length > 8 || dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw dataError(path, "at most 8 dimensions", `(${list})`);
  }
  return { type: type as NpyType, little: descr![1] !== ">", fortran: fortran === "True", dims, start };
}

/** Column-major to row-major: the first index runs fastest in the source. */
function fromFortran(dims: readonly number[], source: NumberArray): NumberArray {
  const strides: number[] = [];
  let stride = 1;
  for (const dim of dims) {
    strides.push(stride);
    stride *= dim;
  }
  const result = source.slice();
  const index = dims.map(() => 0);
  let from = 0;
  for (let to = 0; to < source.length; to++) {
    result[to] = source[from]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < dims[axis]!) break;
      from -= strides[axis]! * dims[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

export const shape = (dims: readonly number[]): string => `(${dims.join(", ")})`;
