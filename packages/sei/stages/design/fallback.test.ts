/** @file The exit's answer where no other is there in time: when, and what intervals say then. */
import { exitStandsAt, noParts, summariseFrames, type FrameOutcome } from "@split-et-impera/core/design";
import type { Evidence } from "@split-et-impera/core/task";
import { expect, it } from "vitest";
import { exitedOf, withFallback } from "./fallback.ts";

const frame = (latency: number, unsure?: number): FrameOutcome => ({
  latency,
  parts: noParts(),
  missing: [],
  ...(unsure !== undefined && { unsure }),
});
const result = {
  cut: "pool1",
  features: 1,
  parameters: 1,
  epochs: [],
  calibration: { samples: 1, share: 0, lost: 0, bound: 0 },
};
const exit = { result, taken: Uint8Array.of(1, 0, 0), answers: ["a", "b", "c"] as unknown as Evidence[] };
const deadline = 0.05;
const stands = exitStandsAt(deadline);

it("stands just before the deadline for frames that were asked and not answered, or when the exit is late itself", () => {
  const frames = [frame(0.004), frame(0.03, 0.004), frame(0.2, 0.004), frame(Infinity), frame(Infinity, 0.07)];
  const found = withFallback(frames, exit, deadline, 3);
  expect(found.frames.map(({ latency }) => latency)).toEqual([0.004, 0.03, stands, Infinity, 0.07]);
  // Frame i shows image i modulo their number.
  expect([...found.answers]).toEqual([
    [2, "c"],
    [4, "b"],
  ]);
  expect(exitedOf(exit, 2, 5)).toMatchObject({ share: { value: 1 / 3, n: 3 }, fallback: { value: 0.4, n: 5 } });
});

it("keeps slower work than was measured from making frames late", () => {
  const all = Array.from({ length: 100 }, () => frame(stands, 0.004));
  const doubt = { less: 0, more: 0.02 };
  const held = summariseFrames(all, deadline, doubt);
  expect(held.latency.p95.hi).toBe(stands);
  expect(held.deadlineMisses.hi).toBeLessThan(0.05);
  // Without an exit the same doubt makes all of them late.
  const without = summariseFrames(
    all.map(({ latency }) => frame(latency)),
    deadline,
    doubt,
  );
  expect(without.latency.p95.hi).toBeCloseTo(stands + 0.02, 12);
  expect(without.deadlineMisses.hi).toBe(1);
  // So does an exit that is late itself.
  const slow = summariseFrames(
    all.map(() => frame(stands, 0.04)),
    deadline,
    doubt,
  );
  expect(slow.latency.p95.hi).toBeCloseTo(0.06, 12);
});
