/** @file A run's frames added up. */
import { openTask } from "@split-et-impera/core/task";
import type { FrameRecord } from "@split-et-impera/runtime/host";
import { expect, test } from "vitest";
import { judge, RunQuality } from "./judgement.ts";
import { mostKept, RunTally, summarise } from "./summary.ts";

const record = (frame: number, more: Partial<FrameRecord>): FrameRecord => ({
  frame,
  captured: 0,
  deadlineMet: true,
  missing: 0,
  bytes: 10,
  parts: {},
  ...more,
});

test("frames by what became of them, means of the answered ones, qualities", () => {
  const tally = new RunTally();
  tally.add(record(0, { latency: 1, answer: { says: 2, score: 1 }, parts: { head: 0.2 } }));
  tally.add(record(1, { latency: 3, answer: { says: 1, score: 1 }, deadlineMet: false, parts: { head: 0.4 } }));
  tally.add(record(2, { deadlineMet: false, why: "lost", bytes: 40 }));
  tally.add(record(3, { latency: 2, fallback: "local", answer: { says: 1, score: 1 }, parts: { head: 0.6 } }));
  const task = openTask({ kind: "classification", classes: ["a", "b", "c"] });
  const quality = new RunQuality(task);
  for (const says of [2, 1, undefined]) quality.add(judge(task, says, { sample: 0, truth: 2 }));
  quality.add(judge(task, 2, { sample: 1, truth: 2 }));
  expect(tally.summary(quality)).toEqual({
    frames: 4,
    answered: 3,
    fallbacks: 1,
    missed: 2,
    without: { lost: 1 },
    latency: {
      median: { value: 2, lo: -Infinity, hi: Infinity, n: 3 },
      p90: { value: 3, lo: 1, hi: Infinity, n: 3 },
      p95: { value: 3, lo: 2, hi: Infinity, n: 3 },
      p99: { value: 3, lo: 2, hi: Infinity, n: 3 },
    },
    bytes: 17.5,
    parts: { head: expect.closeTo(0.4, 12) as number },
    // A sample counts once, however often it is shown.
    quality: {
      accuracy: {
        value: expect.closeTo((1 / 3 + 1) / 2, 12) as number,
        lo: expect.any(Number) as number,
        hi: expect.any(Number) as number,
        n: 2,
      },
      // Class 2: F1 = 2 (1 + 1/3) / (2 (1 + 1/3) + 2/3); class 1, which a third of a sample said: 0.
      "macro-f1": {
        value: expect.closeTo(0.8 / 2, 12) as number,
        lo: expect.any(Number) as number,
        hi: expect.any(Number) as number,
        n: 2,
      },
    },
  });
  expect(summarise([])).toEqual({ frames: 0, answered: 0, fallbacks: 0, missed: 0, without: {}, bytes: 0, parts: {} });
});

test("of a long run latencies are drawn evenly, and no more are kept", () => {
  const tally = new RunTally();
  const count = 4 * mostKept;
  for (let frame = 0; frame < count; frame++) tally.add(record(frame, { latency: frame / count }));
  const { latency, answered } = tally.summary();
  expect(answered).toBe(count);
  expect(latency!.median.value).toBeCloseTo(0.5, 1);
  expect(latency!.p95.value).toBeCloseTo(0.95, 2);
  expect(latency!.p99.value).toBeCloseTo(0.99, 2);
});
