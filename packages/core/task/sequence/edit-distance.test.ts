import { expect, test } from "vitest";
import { randomStream } from "../../random/index.ts";
import { editDistance } from "./edit-distance.ts";

const letters = (text: string): string[] => Array.from(text);
const distance = (a: string, b: string): number => editDistance(letters(a), letters(b));

/** The definition, word for word. */
function slow(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const same = Number(a[0] !== b[0]);
  return Math.min(slow(a.slice(1), b.slice(1)) + same, slow(a.slice(1), b) + 1, slow(a, b.slice(1)) + 1);
}

test("known distances", () => {
  expect(distance("kitten", "sitting")).toBe(3);
  expect(distance("saturday", "sunday")).toBe(3);
  expect(distance("", "abc")).toBe(3);
  expect(distance("abc", "")).toBe(3);
  expect(distance("same", "same")).toBe(0);
  // One character each, though two units of UTF-16.
  expect(distance("a😀b", "a😃b")).toBe(1);
});

test("as the definition has it, both ways", () => {
  const random = randomStream(1, "edits");
  const word = (): string[] => Array.from({ length: random.integer(7) }, () => "abc"[random.integer(3)]!);
  for (let k = 0; k < 300; k++) {
    const [a, b] = [word(), word()];
    expect([a, b, editDistance(a, b)]).toEqual([a, b, slow(a, b)]);
    expect(editDistance(b, a)).toBe(editDistance(a, b));
  }
});
