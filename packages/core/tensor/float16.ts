/** @file IEEE 754 binary16 <-> binary32, rounding to nearest, ties to even (IEEE 754-2019, 3.6 and 4.3.1). */

/**
 * float32 values as float16 bits. Values from 65520 on become infinite, those up to 2^-25 zero; NaN remains NaN.
 */
export function toFloat16(values: Float32Array, into = new Uint16Array(values.length)): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    let half: number;
    if (magnitude >= 0x38800000) {
      // From 2^-14: a new exponent bias, and 13 bits of fraction rounded away. A carry runs into the exponent, and from
      // the greatest exponent into infinity, as it should.
      if (magnitude < 0x47800000) half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      else half = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    } else {
      // Subnormal: the fraction with its hidden one, shifted to units of 2^-24.
      const shift = 126 - (magnitude >>> 23);
      if (shift > 24) {
        half = 0;
      } else {
        const fraction = (magnitude & 0x7fffff) | 0x800000;
        const rest = fraction & ((1 << shift) - 1);
        const tie = 1 << (shift - 1);
        half = fraction >>> shift;
        if (rest > tie || (rest === tie && (half & 1) === 1)) half++;
      }
    }
    into[i] = sign | half;
  }
  return into;
}

let table: Float32Array | undefined;

/** float16 bits as float32 values, exactly. */
export function fromFloat16(halves: Uint16Array, into = new Float32Array(halves.length)): Float32Array {
  // 65536 values are a quarter of a megabyte, and much faster than taking numbers apart.
  table ??= Float32Array.from({ length: 65536 }, (_, half) => valueOf(half));
  for (let i = 0; i < halves.length; i++) into[i] = table[halves[i]!]!;
  return into;
}

/** (-1)^s 2^(e-15) (1 + f/1024), or (-1)^s 2^-14 f/1024 for e = 0; e = 31 is infinite or NaN. */
function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
