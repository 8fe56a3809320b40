/** @file Codes of 1 to 8 bits packed without gaps: code k lies in bits k * bits and the following, the lowest bit of a byte first. */

/** Bytes of so many codes. */
export const packedBytes = (count: number, bits: number): number => Math.ceil((count * bits) / 8);

/** @param codes each below 2^bits; unused bits of the last byte are 0 */
export function packBits(codes: Uint8Array, bits: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packedBytes(codes.length, bits));
  if (bits === 8) {
    bytes.set(codes);
    return bytes;
  }
  const whole = codes.length & ~7;
  let at = 0;
  if (bits === 4) {
    for (let i = 0; i < whole; i += 2) bytes[at++] = codes[i]! | (codes[i + 1]! << 4);
  } else if (bits === 2) {
    for (let i = 0; i < whole; i += 4)
      bytes[at++] = codes[i]! | (codes[i + 1]! << 2) | (codes[i + 2]! << 4) | (codes[i + 3]! << 6);
  }
  let held = 0;
  let have = 0;
  for (let i = bits === 4 || bits === 2 ? whole : 0; i < codes.length; i++) {
    held |= codes[i]! << have;
    have += bits;
    if (have >= 8) {
      bytes[at++] = held;
      held >>>= 8;
      have -= 8;
    }
  }
  if (have > 0) bytes[at] = held;
  return bytes;
}

/** So many codes; `bytes` holds at least as many as they take. */
export function unpackBits(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  if (bits === 8) return bytes.slice(0, count);
  const codes = new Uint8Array(count);
  const mask = (1 << bits) - 1;
  const whole = count & ~7;
  let at = 0;
  if (bits === 4) {
    for (let i = 0; i < whole; i += 2) {
      const byte = bytes[at++]!;
      codes[i] = byte & 15;
      codes[i + 1] = byte >>> 4;
    }
  } else if (bits === 2) {
    for (let i = 0; i < whole; i += 4) {
      const byte = bytes[at++]!;
      codes[i] = byte & 3;
      codes[i + 1] = (byte >>> 2) & 3;
      codes[i + 2] = (byte >>> 4) & 3;
      codes[i + 3] = byte >>> 6;
    }
  }
  let held = 0;
  let have = 0;
  for (let i = bits === 4 || bits === 2 ? whole : 0; i < count; i++) {
    if (have < bits) {
      held |= bytes[at++]! << have;
      have += 8;
    }
    codes[i] = held & mask;
    held >>>= bits;
    have -= bits;
  }
  return codes;
}
