import { expect, test } from "vitest";
import { coefficient } from "./cauchy.ts";
import { addProduct, inverse, inverted, times } from "./galois.ts";

/** A product by the definition: polynomials over GF(2), reduced bit by bit. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) sum ^= a << bit;
  for (let bit = 14; bit >= 8; bit--) if ((sum >> bit) & 1) sum ^= 0x11d << (bit - 8);
  return sum;
}

test("products are those of polynomials modulo 0x11d; every element but zero has its inverse", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) if (times(a, b) !== product(a, b)) throw new Error(`${a} ${b}`);
    if (a > 0) expect(times(a, inverse(a))).toBe(1);
  }
});

test("sums of products add to what is there, over the bytes of the shorter", () => {
  const into = Uint8Array.of(1, 2, 3, 4);
  addProduct(into, 7, Uint8Array.of(9, 0, 255));
  expect([...into]).toEqual([1 ^ product(7, 9), 2, 3 ^ product(7, 255), 4]);
});

test("a matrix times its inverse is the identity, where rows have to be exchanged too", () => {
  const matrix = [Uint8Array.of(0, 5, 1), Uint8Array.of(3, 0, 0), Uint8Array.of(9, 8, 0)];
  const back = inverted(matrix);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const sum = [0, 1, 2].reduce((total, k) => total ^ product(matrix[i]![k]!, back[k]![j]!), 0);
      expect(sum).toBe(i === j ? 1 : 0);
    }
  }
});

test("the first row and the first column of the coefficients are 1; none is 0", () => {
  for (let i = 0; i < 254; i++) {
    expect(coefficient(i, 0)).toBe(1);
    for (let j = 0; i + j < 254; j++) if (coefficient(i, j) === 0) throw new Error(`${i} ${j}`);
  }
  for (let j = 0; j < 254; j++) expect(coefficient(0, j)).toBe(1);
});
