import { expect, test } from "vitest";
import { randomStream } from "./index.ts";

test("a stream depends on its seed and its name alone", () => {
  const take = (seed: number, name: string): number[] => {
    const random = randomStream(seed, name);
    return Array.from({ length: 5 }, () => random.uint32());
  };
  expect(take(1, "loss")).toEqual(take(1, "loss"));
  expect(take(1, "loss")).not.toEqual(take(2, "loss"));
  expect(take(1, "loss")).not.toEqual(take(1, "jitter"));
});

test("moments of the distributions", () => {
  const random = randomStream(7, "moments");
  const n = 200_000;
  const mean = (draw: () => number): number => Array.from({ length: n }, draw).reduce((a, b) => a + b) / n;
  expect(mean(() => random.uniform())).toBeCloseTo(0.5, 2);
  expect(mean(() => random.exponential())).toBeCloseTo(1, 1);
  expect(mean(() => random.normal())).toBeCloseTo(0, 1);
  expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1);
});

test("a permutation holds every index once", () => {
  expect([...randomStream(3, "order").permutation(100)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});
