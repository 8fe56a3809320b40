import { describe, expect, it } from "vitest";
import { randomStream } from "../random/index.ts";
import { independentDifference, meanInterval, wilson } from "./index.ts";

describe("the difference of independent quantities", () => {
  it("is Newcombe's for shares", () => {
    // Table II of the paper, method 10.
    for (const [a, m, b, n, lo, hi] of [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [5, 56, 0, 29, -0.0381, 0.1926],
      [0, 10, 0, 20, -0.1611, 0.2775],
    ] as const) {
      const found = independentDifference(wilson(a, m), wilson(b, n));
      expect(found.value).toBeCloseTo(a / m - b / n, 12);
      expect(found.lo).toBeCloseTo(lo, 4);
      expect(found.hi).toBeCloseTo(hi, 4);
    }
  });

  it("covers the truth in about 95 % of samples", () => {
    const random = randomStream(4, "independent");
    const sample = (mean: number, spread: number, n: number): number[] =>
      Array.from({ length: n }, () => mean + spread * random.normal());
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { lo, hi } = independentDifference(meanInterval(sample(3, 1, 80)), meanInterval(sample(1, 4, 120)));
      if (lo <= 2 && 2 <= hi) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.935);
    expect(covered / 2000).toBeLessThan(0.965);
  });

  it("knows what has no end", () => {
    const never = { value: Infinity, lo: Infinity, hi: Infinity };
    const maybe = { value: Infinity, lo: 0.1, hi: Infinity };
    const sure = { value: 0.2, lo: 0.19, hi: 0.21 };
    expect(independentDifference(never, never)).toEqual({ value: 0, lo: -Infinity, hi: Infinity });
    expect(independentDifference(never, sure)).toEqual({ value: Infinity, lo: Infinity, hi: Infinity });
    expect(independentDifference(sure, never)).toEqual({ value: -Infinity, lo: -Infinity, hi: -Infinity });
    const { lo, hi } = independentDifference(maybe, sure);
    expect([lo < 0, hi]).toEqual([true, Infinity]);
    const open = independentDifference({ ...sure, hi: Infinity }, sure);
    expect([open.value, open.hi]).toEqual([0, Infinity]);
  });
});
