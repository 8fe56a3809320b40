/** @file Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, the upper bit set but in the last (LEB128). */

export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes below 2^35 at `at`. @returns where it ends */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let [rest, end] = [value, at];
  while (rest > 127) {
    into[end++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  into[end++] = rest;
  return end;
}

/** The number at `at` and where it ends; undefined where it does not end before `end` or within five bytes. */
export function readVarint(from: Uint8Array, at: number, end: number): [value: number, end: number] | undefined {
  let value = 0;
  for (let i = 0; i < 5 && at + i < end; i++) {
    const byte = from[at + i]!;
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return [value, at + i + 1];
  }
  return undefined;
}
