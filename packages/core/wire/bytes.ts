/** @file Little-endian bytes of typed arrays, whatever the machine's own order. */

type Numbers = Float32Array | Uint16Array;

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of the array's bytes in little-endian order. */
export function toBytes(values: Numbers): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  return littleEndian ? bytes : swapped(bytes, values.BYTES_PER_ELEMENT);
}

/** Fills `into` from little-endian bytes; `bytes` holds exactly as many. */
export function fromBytes<T extends Numbers>(bytes: Uint8Array, into: T): T {
  const target = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  target.set(bytes);
  if (!littleEndian) swapped(target, into.BYTES_PER_ELEMENT);
  return into;
}

/** Little-endian bytes as numbers where they lie; undefined where this machine cannot read them so. */
export function float32View({ buffer, byteOffset, length }: Uint8Array): Float32Array | undefined {
  return littleEndian && byteOffset % 4 === 0 ? new Float32Array(buffer, byteOffset, length / 4) : undefined;
}

/** The bytes of numbers where they lie, little-endian; undefined where this machine has them the other way round. */
export function float32Bytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array | undefined {
  return littleEndian ? new Uint8Array(buffer, byteOffset, byteLength) : undefined;
}

function swapped<T extends Uint8Array>(bytes: T, width: number): T {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
  return bytes;
}
