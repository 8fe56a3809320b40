/**
 * @file NumPy's .npy format, of plain numbers only: an object array is refused, because reading one runs code.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { dataError } from "./files.ts";
import { memoryLimit } from "./dataset.ts";

/** An array in C order. Bytes and float32 stay what they are; every other type becomes float64. */
export interface NumericArray {
  dims: number[];
  data: Uint8Array | Float32Array | Float64Array;
}

/** Bytes of one element, and how to read one. */
const types: Record<string, { bytes: number; read(view: DataView, at: number, little: boolean): number }> = {
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  u8: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

/** Reads an array; `path` is for messages. Throws `InputError` for anything that is not a whole array of numbers. */
export function parseNpy(bytes: Uint8Array, path: string): NumericArray {
  const { type, little, fortran, dims, start } = parseHeader(bytes, path);
  const element = types[type]!;
  const count = dims.reduce((a, b) => a * b, 1);
  if (count * element.bytes > memoryLimit) throw dataError(path, "an array of at most 2 GiB", `shape ${shape(dims)}`);
  if (bytes.length - start !== count * element.bytes) {
    const needed = `${count * element.bytes} bytes for shape ${shape(dims)} of type ${type}`;
    throw dataError(path, needed, `${bytes.length - start}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const Target = type === "u1" || type === "b1" ? Uint8Array : type === "f4" ? Float32Array : Float64Array;
  const data = new Target(count);
  for (let i = 0; i < count; i++) data[i] = element.read(view, start + i * element.bytes, little);
  return { dims, data: fortran ? fromFortran(dims, data) : data };
}

interface Header {
  type: string;
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
    throw dataError(path, "numbers (u1, i1 ... i8, f4, f8)", found.trim());
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
  return { type, little: descr![1] !== ">", fortran: fortran === "True", dims, start };
}

/** Column-major to row-major: the first index runs fastest in the source. */
function fromFortran<T extends NumericArray["data"]>(dims: readonly number[], source: T): T {
  const strides: number[] = [];
  let stride = 1;
  for (const dim of dims) {
    strides.push(stride);
    stride *= dim;
  }
  const result = source.slice() as T;
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
