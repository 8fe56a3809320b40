/** @file Waiting before hosts, against queueing theory: D/M/1, and flows of several cameras on one host. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { simulateFrames, type FrameScenario } from "./index.ts";

/** Mean wait in ns of all frames before their first step. */
function meanWait(scenario: Omit<FrameScenario, "links" | "hosts" | "seed">): number {
  const waits = simulateFrames({ hosts: ["server"], links: [], seed: 1, ...scenario })
    .flat()
    .map(({ steps: [step] }) => step!.served - step!.start);
  return waits.reduce((sum, one) => sum + one, 0) / waits.length;
}

test.each([
  [0.5, 300_000],
  [0.8, 1_000_000],
])("D/M/1 at a load of %f: mean wait within 1 %", (load, count) => {
  const service = 1e6;
  const random = randomStream(3, "service");
  const ns = Float64Array.from({ length: count }, () => Math.round(random.exponential() * service));
  const period = service / load;
  const steps = [{ kind: "compute", host: "server", work: "w", part: "p", ns }] as const;
  const wait = meanWait({ flows: [{ name: "f", period, count, steps }] });
  // s = exp(-(1 - s) / load); the mean wait is s / (1 - s) service times.
  let s = 0.5;
  for (let i = 0; i < 1000; i++) s = Math.exp(-(1 - s) / load);
  const expected = (service * s) / (1 - s);
  expect(wait / expected).toBeGreaterThan(0.99);
  expect(wait / expected).toBeLessThan(1.01);
});

test("cameras of one rate on one host wait for those before them in the period, exactly", () => {
  // Captured at 0, 2, 3 and 9 of 20 ms, 4 ms of work each: begun at 0, 4, 8 and 12.
  const steps = [{ kind: "compute", host: "server", work: "w", part: "p", ns: 4e6 }] as const;
  const flows = [0, 2e6, 3e6, 9e6].map((offset, i) => ({ name: `${i}`, period: 20e6, offset, count: 50, steps }));
  expect(meanWait({ flows })).toBe((0 + 2e6 + 5e6 + 3e6) / 4);
});
