/** @file Figures from a curve of few points beside those of all frames. */
import { latencyCurve } from "@split-et-impera/core/design";
import { randomStream } from "@split-et-impera/core/random";
import { expect, test } from "vitest";
import { curveFigures } from "./curve-figures.ts";
import { figuresOf } from "./judge.ts";

test.each([1000, 400, 100])("of %d frames, a twentieth never answered", (count) => {
  const random = randomStream(1, "curve");
  const latencies = Float64Array.from({ length: count }, (_, i) =>
    i % 20 === 7 ? Infinity : 0.02 + 0.05 * random.uniform(),
  );
  const all = figuresOf(
    Array.from(latencies, (latency) => ({ latency, bytes: 0 })),
    0.06,
  );
  const found = curveFigures(latencyCurve(latencies), 0.06);
  expect(found.p99).toBe(Infinity);
  for (const key of ["p50", "p90"] as const) expect(Math.abs(found[key] - all[key].value)).toBeLessThan(0.002);
  expect(Math.abs(found.misses - all.misses.value)).toBeLessThan(0.02);
});

test("at the ends, and of nothing", () => {
  const curve = latencyCurve(Float64Array.of(0.1, 0.2, 0.3, 0.4));
  expect([0.05, 0.1, 0.4, 1].map((deadline) => curveFigures(curve, deadline).misses)).toEqual([1, 0.75, 0, 0]);
  expect(curveFigures({ seconds: [], share: [] }, 1)).toEqual({
    p50: Infinity,
    p90: Infinity,
    p95: Infinity,
    p99: Infinity,
    misses: 1,
  });
});
