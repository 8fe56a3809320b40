import { expect, test } from "vitest";
import { qualityOf } from "../index.ts";
import { activityMetrics, type FramesEvidence } from "./metrics.ts";

const value = (name: string, evidence: readonly FramesEvidence[], threshold?: number): number =>
  qualityOf(
    activityMetrics(threshold).find((metric) => metric.name === name)!,
    { evidence },
  ).value;

const evidence: FramesEvidence[] = [
  { scores: [0.9, 0.6, 0.2, 0.5], truth: [1, 0, 1, 1] },
  { scores: [0.1], truth: [0] },
];

test("frames count, however many a sample has", () => {
  expect(value("frame-f1", evidence)).toBeCloseTo(4 / 6, 12);
  expect(value("accuracy", evidence)).toBe(3 / 5);
  expect(value("accuracy", evidence, 0.7)).toBe(3 / 5);
  // Of the six pairs, 0.2 and 0.5 are below 0.6.
  expect(value("auroc", evidence)).toBeCloseTo(4 / 6, 12);
});

test("what was not answered is neither found nor right", () => {
  const none: FramesEvidence[] = evidence.map(({ truth }) => ({ truth }));
  expect(value("frame-f1", none)).toBe(0);
  expect(value("accuracy", none)).toBe(0);
  expect(value("auroc", none)).toBe(0.5);
});
