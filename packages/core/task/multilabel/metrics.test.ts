import { expect, test } from "vitest";
import { qualityOf } from "../index.ts";
import {
  auroc,
  aurocWords,
  macroF1,
  macroF1Words,
  mapWords,
  meanAveragePrecision,
  type ScoredLabels,
} from "./metrics.ts";

const itself = (evidence: ScoredLabels): ScoredLabels => evidence;
const f1 = macroF1(macroF1Words, itself);
const area = auroc(aurocWords, itself);
const precision = meanAveragePrecision(mapWords, itself);

const scores = [
  [0.6, 0.3, 0, 0],
  [0.8, 0.9, 0.6, 0.7],
  [0.5, 0.9, 0.8, 0],
  [0.9, 0, 0.7, 0.2],
  [0.9, 0.5, 0.3, 0.4],
  [0, 0.1, 0.7, 0.6],
  [0.6, 0.4, 1, 1],
  [0.7, 0.7, 0.7, 0.4],
  [0.1, 0.7, 0.5, 0.3],
  [0.5, 0.9, 0.9, 0.4],
  [0.6, 0.3, 0.6, 0.3],
  [0.4, 0.9, 0.2, 0.6],
  [0.1, 0.8, 0.8, 0.2],
  [0.9, 0.1, 0.3, 0.2],
  [0.5, 0.8, 0.2, 0.1],
  [0.4, 0.2, 0.1, 0.6],
  [0.3, 0.7, 0.2, 0.9],
  [0.4, 0.1, 0.6, 0.9],
  [0.4, 1, 0.5, 0.4],
  [0.6, 1, 0.9, 0.5],
  [0.8, 0.5, 0.5, 0.8],
  [0.4, 0.7, 0.7, 0.9],
  [0.1, 0.7, 0.9, 1],
  [0, 0.9, 1, 1],
];
const labels: number[][] = JSON.parse(
  "[[0],[1],[0],[0,3],[1],[1,3],[],[0,1,3],[0,1],[2],[],[3],[2],[2],[0,2],[1,3],[],[2],[],[1],[],[1,2],[1],[2]]",
) as number[][];
const evidence = scores.map((row, i): ScoredLabels => ({
  scores: row,
  answered: row.flatMap((score, c) => (score > 0.5 ? [c] : [])),
  labels: labels[i]!,
}));

test("the values of scikit-learn 1.9.1, with ties, unweighted and weighted", () => {
  expect(area.over(evidence)()).toBeCloseTo(0.5552741125690042, 12);
  expect(precision.over(evidence)()).toBeCloseTo(0.34841737402929784, 12);
  expect(f1.over(evidence)()).toBeCloseTo(0.4369824016563147, 12);
  const weights = evidence.map((_, i) => i % 3);
  expect(area.over(evidence)(weights)).toBeCloseTo(0.4916449620783986, 12);
  expect(precision.over(evidence)(weights)).toBeCloseTo(0.4020805441309827, 12);
  expect(f1.over(evidence)(weights)).toBeCloseTo(0.3694444444444444, 12);
});

test("what was not answered comes last and is a miss", () => {
  const two: ScoredLabels[] = [
    { answered: [], labels: [0] },
    { scores: [0.2], answered: [], labels: [] },
    { scores: [0.9], answered: [0], labels: [0] },
  ];
  expect(area.over(two)()).toBe(0.5);
  expect(f1.over(two)()).toBeCloseTo(2 / 3, 12);
  expect(precision.over(two)()).toBeCloseTo((1 + 2 / 3) / 2, 12);
});

test("classes that tell nothing do not count; where none does, that is said", () => {
  const one: ScoredLabels[] = [
    { scores: [0.9, 0.1], answered: [0], labels: [0] },
    { scores: [0.8, 0.2], answered: [0], labels: [0] },
  ];
  expect(() => qualityOf(area, { evidence: one })).toThrow(/auroc judges nothing/);
  expect(precision.over(one)()).toBe(1);
  expect(f1.over(one)()).toBe(1);
});
