/** @file Intervals against published values, and their coverage against simulation. */
import { describe, expect, it, test } from "vitest";
import { randomStream } from "../random/index.ts";
import {
  discordantDifference,
  meanInterval,
  pairedDifference,
  quantile,
  quantileInterval,
  quantileRanks,
  wilson,
} from "./index.ts";

describe("quantile", () => {
  test.each([
    [[1, 2, 3, 4], 0.5, 2],
    [[4, 1, 3, 2, 5], 0.5, 3],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 1, 4],
    [[7], 0.95, 7],
  ])("of %j at %d is %d", (values, p, expected) => {
    expect(quantile(values, p)).toBe(expected);
  });

  it("p95 of 20 values is the 19th, of 100 the 95th", () => {
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
    expect(quantile(upTo(20), 0.95)).toBe(19);
    expect(quantile(upTo(100), 0.95)).toBe(95);
    expect(quantile(upTo(500), 0.99)).toBe(495);
  });

  it("counts unanswered frames as infinitely late", () => {
    const values = [...Array<number>(94).fill(1), ...Array<number>(6).fill(Infinity)];
    expect(quantile(values, 0.95)).toBe(Infinity);
    expect(quantile(values, 0.94)).toBe(1);
  });

  it("refuses no values and NaN", () => {
    expect(() => quantile([], 0.5)).toThrow("internal:");
    expect(() => quantile([1, Number.NaN, 2], 0.5)).toThrow("internal:");
    expect(() => quantile([1], 1.5)).toThrow("internal:");
  });
});

describe("quantile interval", () => {
  // Ranks of the median from Conover's and Gibbons' tables of the binomial distribution at p = 0.5.
  test.each([
    [6, 0.5, 1, 6],
    [10, 0.5, 2, 9],
    [20, 0.5, 6, 15],
    [100, 0.5, 40, 61],
  ])("ranks for n = %d, p = %d are %d and %d", (n, p, lower, upper) => {
    expect(quantileRanks(n, p)).toEqual({ lower, upper });
  });

  it("has no bound where the sample is too small for one", () => {
    expect(quantileRanks(5, 0.5)).toEqual({ lower: 0, upper: 6 });
    expect(quantileRanks(367, 0.99).upper).toBe(368);
    expect(quantileRanks(368, 0.99).upper).toBe(368);
    expect(quantileInterval([1, 2, 3], 0.99)).toEqual({ value: 3, lo: 2, hi: Infinity, n: 3 });
  });

  it("covers the true p95 in at least 95 % of samples", () => {
    const random = randomStream(7, "coverage");
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const { lo, hi } = quantileInterval(
        Array.from({ length: 200 }, () => random.uniform()),
        0.95,
      );
      if (lo <= 0.95 && 0.95 <= hi) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.94);
    expect(covered / 2000).toBeLessThan(0.99);
  });

  it("stays exact for large samples", () => {
    const { lower, upper } = quantileRanks(20_000, 0.95);
    // Normal approximation: 19000 ± 1.96 sqrt(950) = 19000 ± 60.4.
    expect(lower).toBeGreaterThanOrEqual(18_938);
    expect(lower).toBeLessThanOrEqual(18_941);
    expect(upper).toBeGreaterThanOrEqual(19_060);
    expect(upper).toBeLessThanOrEqual(19_063);
  });
});

describe("Wilson's interval", () => {
  // R. G. Newcombe, Two-sided confidence intervals for the single proportion, Stat. Med. 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %d among %d is %d to %d", (successes, n, lo, hi) => {
    const estimate = wilson(successes, n);
    expect(estimate.lo).toBeCloseTo(lo, 4);
    expect(estimate.hi).toBeCloseTo(hi, 4);
    expect(estimate.value).toBe(successes / n);
  });

  it("ends exactly at 0 and 1, and knows nothing from nothing", () => {
    expect(wilson(0, 7).lo).toBe(0);
    expect(wilson(7, 7).hi).toBe(1);
    expect(wilson(0, 0)).toEqual({ value: 0, lo: 0, hi: 1, n: 0 });
    expect(() => wilson(3, 2)).toThrow("internal:");
    expect(() => wilson(Number.NaN, 2)).toThrow("internal:");
  });
});

describe("mean", () => {
  it("has the normal interval", () => {
    // s = 1.5811, s / sqrt(5) = 0.7071
    const { value, lo, hi, n } = meanInterval([1, 2, 3, 4, 5]);
    expect(value).toBe(3);
    expect(lo).toBeCloseTo(3 - 1.959_964 * Math.SQRT1_2, 6);
    expect(hi).toBeCloseTo(3 + 1.959_964 * Math.SQRT1_2, 6);
    expect(n).toBe(5);
  });

  it("keeps its digits far from zero", () => {
    const { lo, hi } = meanInterval([1e9 + 1, 1e9 + 2, 1e9 + 3]);
    expect((hi - lo) / 2).toBeCloseTo(1.959_964 / Math.sqrt(3), 5);
  });

  it("says nothing about the spread of one value, and refuses NaN and nothing", () => {
    expect(meanInterval([2])).toEqual({ value: 2, lo: -Infinity, hi: Infinity, n: 1 });
    expect(() => meanInterval([])).toThrow("internal:");
    expect(() => meanInterval([1, Number.NaN])).toThrow("internal:");
  });
});

describe("paired difference", () => {
  // Worked by hand from the formula for the counts of Bentur et al. (2009) as quoted in M. Fagerland, S. Lydersen,
  // P. Laake, Statistical Analysis of Contingency Tables, chapter 8: 1 and 7 discordant pairs among 21.
  // p = 2/23, q = 8/23; -6/23 ± 1.96 sqrt((10/23 - 36/529) / 23).
  it("agrees with the worked example", () => {
    const { value, lo, hi } = discordantDifference(1, 7, 21);
    expect(value).toBeCloseTo(-6 / 21, 12);
    expect(lo).toBeCloseTo(-0.5084, 3);
    expect(hi).toBeCloseTo(-0.0133, 3);
  });

  it("counts items that only one has right", () => {
    const first = [1, 1, 0, 1, 0];
    const second = [true, false, true, false, false];
    expect(pairedDifference(first, second)).toEqual(discordantDifference(2, 1, 5));
    expect(pairedDifference(second, first).value).toBeCloseTo(-pairedDifference(first, second).value, 12);
  });

  it("never claims certainty from agreement", () => {
    const { value, lo, hi } = discordantDifference(0, 0, 1000);
    expect(value).toBe(0);
    expect(lo).toBeCloseTo(-0.002_77, 5);
    expect(hi).toBeCloseTo(0.002_77, 5);
    expect(discordantDifference(0, 0, 0)).toEqual({ value: 0, lo: -1, hi: 1, n: 0 });
    expect(() => pairedDifference([1], [1, 0])).toThrow("internal:");
  });

  it("covers the true difference in about 95 % of samples", () => {
    const random = randomStream(8, "coverage");
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      let only1 = 0;
      let only2 = 0;
      for (let i = 0; i < 300; i++) {
        const u = random.uniform();
        if (u < 0.06) only1++;
        else if (u < 0.1) only2++;
      }
      const { lo, hi } = discordantDifference(only1, only2, 300);
      if (lo <= 0.02 && 0.02 <= hi) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.935);
    expect(covered / 2000).toBeLessThan(0.975);
  });
});
