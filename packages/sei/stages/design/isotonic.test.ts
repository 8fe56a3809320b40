import { expect, test } from "vitest";
import { isotonic } from "./isotonic.ts";

test("what rises stays, what falls is shared by weight, and a mean may fall below those before it again", () => {
  expect(isotonic([], [])).toEqual([]);
  expect(isotonic([1, 2, 2, 5], [1, 1, 1, 1])).toEqual([1, 2, 2, 5]);
  expect(isotonic([3, 1, 4], [1, 3, 1])).toEqual([1.5, 1.5, 4]);
  expect(isotonic([2, 4, 3, -1], [1, 1, 1, 1])).toEqual([2, 2, 2, 2]);
});
