/** @file Bounds against tables, and against the intervals whose ends they are. */
import { expect, it } from "vitest";
import { discordantBound, discordantDifference, normalQuantile } from "./index.ts";

it("gives the quantiles of the normal distribution as tables have them", () => {
  // Abramowitz and Stegun, table 26.5.
  expect(normalQuantile(0.5)).toBeCloseTo(0, 8);
  expect(normalQuantile(0.95)).toBeCloseTo(1.644_853_627, 8);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959_963_985, 8);
  expect(normalQuantile(0.999)).toBeCloseTo(3.090_232_306, 7);
  expect(normalQuantile(0.01)).toBeCloseTo(-2.326_347_874, 8);
});

it("is the upper end of the two-sided interval where its confidence is half as far from certainty", () => {
  for (const [a, b, n] of [
    [0, 0, 100],
    [7, 2, 300],
    [1, 12, 50],
  ] as const)
    expect(discordantBound(a, b, n, 0.975)).toBeCloseTo(discordantDifference(a, b, n).hi, 8);
  expect(discordantBound(3, 1, 200, 0.9)).toBeLessThan(discordantBound(3, 1, 200, 0.99));
  expect(discordantBound(0, 0, 0, 0.95)).toBe(1);
});
