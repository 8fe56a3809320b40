import { pairedOf, type AnyTask, type Evidence } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { pairedClean } from "./paired.ts";

test("answers alike are compared once, whoever made them, and as they are without memory", () => {
  let judged = 0;
  const score = (right: Evidence): number => {
    judged++;
    return Number(right);
  };
  const metric = { name: "accuracy", better: "more", unit: "share", score } as unknown as AnyTask["metrics"][number];
  const task = { metrics: [metric] };
  const answers = (every: number): Evidence[] => Array.from({ length: 50 }, (_, i) => (i % every === 0 ? 0 : 1));
  const [a, b, c] = [answers(10), answers(5), answers(3)];
  const found = pairedClean(task, metric, a, b);
  expect(found).toEqual(pairedOf(metric, { evidence: a }, { evidence: b }));
  expect(found.value).toBeCloseTo(0.1);
  const before = judged;
  expect(pairedClean(task, metric, answers(10), answers(5))).toEqual(found);
  expect(judged).toBe(before);
  expect(pairedClean(task, metric, b, a).value).toBeCloseTo(-0.1);
  expect(pairedClean(task, metric, a, c).value).toBeCloseTo(0.24);
  expect(judged).toBeGreaterThan(before);
});
