/** @file Schedules: shapes, ends, and PyTorch's one-cycle. */
import { expect, it } from "vitest";
import { rateAt, type ScheduleOptions } from "./index.ts";

const rates = (options: ScheduleOptions, total: number): number[] =>
  Array.from({ length: total }, (_, step) => rateAt(options, step, total));

it("constant, after a linear rise", () => {
  expect(rates({ kind: "constant" }, 3)).toEqual([1, 1, 1]);
  expect(rates({ kind: "constant", warmUp: 0.4 }, 10)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]);
});

it("cosine is whole at first, half in the middle, nearly nothing at last", () => {
  const found = rates({ kind: "cosine" }, 100);
  expect(found[0]).toBe(1);
  expect(found[50]).toBeCloseTo(0.5, 12);
  expect(found[99]).toBeCloseTo((1 + Math.cos(0.99 * Math.PI)) / 2, 12);
  const late = rates({ kind: "cosine", warmUp: 0.2 }, 100);
  expect(late.slice(0, 21).map((rate) => Math.round(20 * rate))).toEqual([
    ...Array.from({ length: 20 }, (_, i) => i + 1),
    20,
  ]);
  expect(late[60]).toBeCloseTo(0.5, 12);
});

it("one-cycle is PyTorch's OneCycleLR(1, total_steps=10)", () => {
  const torch = [0.04, 0.52, 1, 0.950484632, 0.811745654, 0.611262022, 0.388741978, 0.188258346, 0.049519368, 4e-6];
  rates({ kind: "one-cycle" }, 10).forEach((rate, i) => expect(rate).toBeCloseTo(torch[i]!, 8));
});

it("one-cycle rises for as long as it is told, and is sound for any number of steps", () => {
  const found = rates({ kind: "one-cycle", warmUp: 0.5 }, 20);
  expect(found.indexOf(Math.max(...found))).toBe(9);
  for (const total of [1, 2, 3, 7]) {
    for (const rate of rates({ kind: "one-cycle" }, total)) {
      expect(rate).toBeGreaterThan(0);
      expect(rate).toBeLessThanOrEqual(1);
    }
  }
});
