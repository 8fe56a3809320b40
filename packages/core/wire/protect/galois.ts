/**
 * @file The field of 256 elements, as polynomials over GF(2) modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11d, of which x is a
 * generator): adding is xor, and products come from a table.
 */

const REDUCTION = 0x11d;

const exponents = new Uint8Array(255);
const logarithms = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  exponents[power] = value;
  logarithms[value] = power;
  value <<= 1;
  if (value > 255) value ^= REDUCTION;
}

/** The product of a and b at 256 a + b. */
export const products = new Uint8Array(65_536);
for (let a = 1; a < 256; a++) {
  for (let b = 1; b < 256; b++) products[256 * a + b] = exponents[(logarithms[a]! + logarithms[b]!) % 255]!;
}

export const times = (a: number, b: number): number => products[256 * a + b]!;

/** 1 / a; a is not 0. */
export const inverse = (a: number): number => exponents[(255 - logarithms[a]!) % 255]!;

/** into += factor * from, over the bytes of `from`. */
export function addProduct(into: Uint8Array, factor: number, from: Uint8Array): void {
  const { length } = from;
  if (factor === 1) {
    for (let i = 0; i < length; i++) into[i]! ^= from[i]!;
    return;
  }
  const row = products.subarray(256 * factor, 256 * factor + 256);
  for (let i = 0; i < length; i++) into[i]! ^= row[from[i]!]!;
}

/** The inverse of a square matrix, by Gauss-Jordan; it has one wherever rows are those of a Cauchy matrix. */
export function inverted(matrix: readonly Uint8Array[]): Uint8Array[] {
  const { length } = matrix;
  const left = matrix.map((row) => row.slice());
  const right = matrix.map((_, i) => Uint8Array.from({ length }, (__, j) => (i === j ? 1 : 0)));
  for (let column = 0; column < length; column++) {
    const pivot = left.findIndex((row, i) => i >= column && row[column] !== 0);
    for (const side of [left, right]) [side[column], side[pivot]] = [side[pivot]!, side[column]!];
    const scale = inverse(left[column]![column]!);
    for (const side of [left, right]) side[column] = side[column]!.map((value) => times(scale, value));
    for (let row = 0; row < length; row++) {
      const factor = left[row]![column]!;
      if (row === column || factor === 0) continue;
      addProduct(left[row]!, factor, left[column]!);
      addProduct(right[row]!, factor, right[column]!);
    }
  }
  return right;
}
