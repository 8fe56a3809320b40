/** @file Whether a prediction held: figures, tolerances, intervals. */
import { describe, expect, test } from "vitest";
import { figuresOf, overall, verdictsOf, type FrameSeen } from "./judge.ts";
import type { Figures } from "./cell.ts";

/** 1, 2, ... n ms, each `bytes` large. */
const ramp = (n: number): FrameSeen[] => Array.from({ length: n }, (_, i) => ({ latency: (i + 1) / 1e3, bytes: 10 }));
const values = (of: ReturnType<typeof figuresOf>, quality?: number): Figures<number> => ({
  p50: of.p50.value,
  p90: of.p90.value,
  p95: of.p95.value,
  p99: of.p99.value,
  misses: of.misses.value,
  bytes: of.bytes.value,
  ...(quality !== undefined && { quality }),
});

test("figures are quantiles, the share of late frames, and mean bytes", () => {
  const found = figuresOf([...ramp(99), { latency: Infinity, bytes: 110 }], 0.0905);
  expect(found.p50.value).toBe(0.05);
  expect(found.p95.value).toBeCloseTo(0.095, 3);
  expect(found.misses).toMatchObject({ value: 0.1, n: 100 });
  expect(found.bytes.value).toBe(11);
  expect(found.p99.hi).toBe(Infinity);
});

describe("a verdict", () => {
  const measured = figuresOf(ramp(1000), 0.9);
  const said = values(measured);
  const of = (change: Partial<Figures<number>>) => verdictsOf({ ...said, ...change }, measured);

  test("the same figures hold", () => {
    expect(Object.values(of({}))).toEqual(["holds", "holds", "holds", "holds", "holds"]);
  });

  test.each([
    ["p50", 1.029, "holds"],
    ["p50", 0.971, "holds"],
    ["p50", 1.08, "undecided"],
    ["p50", 1.2, "does not hold"],
    ["p95", 1.049, "holds"],
    ["p95", 1.3, "does not hold"],
    ["p99", 1.099, "holds"],
    ["p99", 1.3, "does not hold"],
  ] as const)("%s at %f of the measured value: %s", (name, factor, verdict) => {
    expect(of({ [name]: factor * said[name] })[name]).toBe(verdict);
  });

  test("misses hold within a point, and are undecided within the interval", () => {
    expect(of({ misses: said.misses + 0.0099 })["misses"]).toBe("holds");
    expect(of({ misses: said.misses + 0.015 })["misses"]).toBe("undecided");
    expect(of({ misses: said.misses + 0.05 })["misses"]).toBe("does not hold");
  });

  test("quality holds within its interval", () => {
    const quality = { value: 0.9, lo: 0.88, hi: 0.92, n: 100 };
    expect(verdictsOf({ ...said, quality: 0.881 }, { ...measured, quality })["quality"]).toBe("holds");
    expect(verdictsOf({ ...said, quality: 0.93 }, { ...measured, quality })["quality"]).toBe("does not hold");
  });

  test("never agrees with never, and with no number", () => {
    const lost = figuresOf([...ramp(980), ...Array.from({ length: 20 }, () => ({ latency: Infinity, bytes: 0 }))], 1);
    expect(lost.p99.value).toBe(Infinity);
    expect(verdictsOf({ ...values(lost) }, lost)["p99"]).toBe("holds");
    expect(verdictsOf({ ...values(lost), p99: 0.1 }, lost)["p99"]).toBe("does not hold");
    expect(verdictsOf({ ...said, p99: Infinity }, measured)["p99"]).toBe("does not hold");
  });

  test("what predicted runs of as many frames came out like is undecided, and nothing else", () => {
    const spread = { p95: { lo: 0.5 * said.p95, hi: said.p95 }, misses: { lo: 0, hi: said.misses } };
    const off = { ...said, p95: 1.3 * said.p95, misses: said.misses + 0.05 };
    expect(verdictsOf(off, measured, spread)).toMatchObject({ p95: "undecided", misses: "undecided", p50: "holds" });
    const far = { p95: { lo: 1.1 * said.p95, hi: 2 * said.p95 }, misses: { lo: said.misses + 0.01, hi: 1 } };
    expect(verdictsOf(off, measured, far)).toMatchObject({ p95: "does not hold", misses: "does not hold" });
    const never = { p95: { lo: said.p95, hi: Infinity } };
    expect(verdictsOf({ ...said, p95: Infinity }, measured, never)["p95"]).toBe("undecided");
  });

  test("one that does not hold decides, then one that is undecided", () => {
    expect(overall(["holds", "undecided"])).toBe("undecided");
    expect(overall(["holds", "undecided", "does not hold"])).toBe("does not hold");
    expect(overall(["holds"])).toBe("holds");
  });
});
