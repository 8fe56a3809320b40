import { expect, test } from "vitest";
import { concealments } from "./index.ts";

const seen = { mean: [-1, -2], axis: 1 };
const lostOf = (indices: number[]): [number, number][] => indices.map((i) => [i, i + 1]);

test("a lost value is the mean of its four neighbours, at edges of fewer, never of another channel's or row's", () => {
  // Two channels of 3 x 3.
  const data = Float32Array.of(1, 2, 3, 4, 0, 6, 7, 8, 9, 0, 20, 30, 40, 50, 60, 70, 80, 90);
  concealments.neighbours.fill(data, [1, 2, 3, 3], lostOf([4, 9]), seen);
  expect(data[4]).toBe((2 + 4 + 6 + 8) / 4);
  expect(data[9]).toBe((20 + 40) / 2);
});

test("goes outward round by round, with what the last round filled", () => {
  const line = Float32Array.of(8, 0, 0, 0, 0, 2);
  concealments.neighbours.fill(line, [1, 1, 6], [[1, 5]], { mean: [-1], axis: 1 });
  expect([...line]).toEqual([8, 8, 8, 2, 2, 2]);
  const open = Float32Array.of(8, 0, 0, 0);
  concealments.neighbours.fill(open, [1, 1, 4], [[1, 4]], { mean: [-1], axis: 1 });
  expect([...open]).toEqual([8, 8, 8, 8]);
});

test("a channel of which nothing arrived is its mean, and so is what has no positions", () => {
  const data = Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0);
  concealments.neighbours.fill(data, [1, 2, 2, 2], [[4, 8]], seen);
  expect([...data]).toEqual([1, 2, 3, 4, -2, -2, -2, -2]);
  const vector = Float32Array.of(5, 0);
  concealments.neighbours.fill(vector, [1, 2], [[1, 2]], seen);
  expect([...vector]).toEqual([5, -2]);
});

test("of channels last the neighbours are those of the same channel, and of bytes the mean is rounded", () => {
  const pixels = Uint8Array.of(10, 100, 0, 0, 13, 101);
  concealments.neighbours.fill(pixels, [1, 3, 2], [[2, 4]], { mean: [0, 0], axis: 2 });
  expect([...pixels]).toEqual([10, 100, 12, 101, 13, 101]);
});
