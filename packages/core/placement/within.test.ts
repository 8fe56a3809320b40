/** @file The best within a bound: against every placement that keeps it. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { everyPlacement, randomProblem } from "../testing/placement.ts";
import { placeWithin } from "./within.ts";

test.each(["row", "graph onwards", "graph"] as const)("%s: least energy within a latency", (kind) => {
  const random = randomStream(1, `within/${kind}`);
  const seen = { free: 0, met: 0, missed: 0, exact: 0 };
  for (let i = 0; i < 150; i++) {
    const problem = { ...randomProblem(random, kind), objective: "energy" as const };
    const values = (objective: "energy" | "latency"): Map<string, number> =>
      new Map(everyPlacement({ ...problem, objective }).map(({ assignment, value }) => [assignment.join(), value]));
    const [energy, latency] = [values("energy"), values("latency")];
    if (energy.size === 0) continue;
    const [low, high] = [Math.min(...latency.values()), Math.max(...latency.values())];
    const most = low * 0.9 + random.uniform() * (high - low) * 0.5;
    const { placement, met, bounded } = placeWithin(problem, { cost: "latency", most }, { explain: false });
    if (low > most) {
      expect(met).toBe(false);
      expect(bounded).toBeCloseTo(low, 8);
      seen.missed++;
      continue;
    }
    // Ways are chosen by the mixed costs, so that a placement's own latency may be lower than by ways of least energy.
    const within = [...energy].filter(([key]) => latency.get(key)! <= most + 1e-9).map(([, value]) => value);
    expect(met).toBe(true);
    expect(bounded).toBeLessThanOrEqual(most + 1e-9);
    expect(placement.bound).toBeLessThanOrEqual(placement.value + 1e-9);
    if (problem.links.length < problem.hosts.length) {
      const best = Math.min(...within);
      expect(placement.value).toBeGreaterThanOrEqual(best - 1e-8);
      expect(placement.bound).toBeLessThanOrEqual(best + 1e-8);
      if (placement.gap < 1e-9) expect(placement.value).toBeCloseTo(best, 7);
    }
    if (placement.value === Math.min(...energy.values())) seen.free++;
    else seen.met++;
    if (placement.gap < 1e-9) seen.exact++;
  }
  expect(Math.min(seen.met, seen.missed, seen.exact)).toBeGreaterThan(5);
});

test("throughput is no sum to bound another cost of", () => {
  const problem = randomProblem(randomStream(1, "within"), "row throughput");
  expect(() => placeWithin(problem, { cost: "latency", most: 1 })).toThrow("expected an objective that is a sum");
});
