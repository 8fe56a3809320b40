import { expect, test } from "vitest";
import { pairedOf, qualityOf } from "../index.ts";
import { regressionMetrics, type NumbersEvidence } from "./metrics.ts";

const [rmse, mae, r2] = regressionMetrics as [
  (typeof regressionMetrics)[0],
  (typeof regressionMetrics)[0],
  (typeof regressionMetrics)[0],
];
const truths = [
  [-0.47, -1.94],
  [-1.31, 1.09],
  [-0.05, -0.28],
  [1.64, -1.28],
  [-0.59, -0.47],
  [0.59, -0.66],
  [-0.61, -1.61],
];
const answers = [
  [-0.11, -1.54],
  [-1.55, 1.17],
  [-0.7, -0.52],
  [2.33, -1.21],
  [0.57, -0.86],
  [0.88, -0.76],
  [-0.33, -1.61],
];
const evidence = truths.map((truth, i): NumbersEvidence => ({ answer: answers[i]!, truth }));

test("the values of scikit-learn 1.9.1, unweighted and weighted", () => {
  expect(rmse.over(evidence)()).toBeCloseTo(0.4617435899469995, 12);
  expect(mae.over(evidence)()).toBeCloseTo(0.35357142857142854, 12);
  expect(r2.over(evidence)()).toBeCloseTo(0.7367466329041181, 12);
  const weights = [0, 1, 2, 1, 0, 3, 1];
  expect(r2.over(evidence)(weights)).toBeCloseTo(0.829698866862797, 12);
  expect(rmse.over(evidence)(weights)).toBeCloseTo(0.3414948755105997, 12);
});

test("no answer is worth as much as the mean: R2 of nothing answered is 0", () => {
  const none = truths.map((truth): NumbersEvidence => ({ truth }));
  expect(r2.over(none)()).toBeCloseTo(0, 12);
  expect(qualityOf(rmse, { evidence: none }).value).toBeGreaterThan(qualityOf(rmse, { evidence }).value);
  expect(pairedOf(rmse, { evidence }, { evidence: none }).value).toBeGreaterThan(0);
});

test("R2 of truths that are all alike judges nothing", () => {
  expect(() =>
    qualityOf(r2, {
      evidence: [
        { answer: [1], truth: [2] },
        { answer: [3], truth: [2] },
      ],
    }),
  ).toThrow(/r2 judges nothing/);
});
