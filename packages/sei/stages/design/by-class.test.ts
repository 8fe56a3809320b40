/** @file Accuracy by class: the classes' shares add up to the whole, and nothing but a class's own images counts for it. */
import type { DesignResult } from "@split-et-impera/core/design";
import { randomStream } from "@split-et-impera/core/random";
import { clusteredDifference, clusteredShare, wilson } from "@split-et-impera/core/statistics";
import { openTask, type ClassEvidence, type Evidence, type Judged } from "@split-et-impera/core/task";
import { expect, it } from "vitest";
import { byClassOf } from "./by-class.ts";
import type { Evaluated } from "./evaluate.ts";

const images = 90;
// Unequal, and without the third.
const classes = ["nut", "bolt", "gear", "cam"];
const labels = Array.from({ length: images }, (_, i) => [0, 1, 1, 3, 1, 0][i % 6]!);
const test = { classes, count: images, annotation: (i: number) => ({ label: labels[i]! }) };
const task = openTask({ kind: "classification", classes });
const random = randomStream(2, "by class");
const answers = (share: number): number[] => labels.map(() => (random.uniform() < share ? 1 : 0));
/** Of images that are answered rightly or not. */
const judged = (scores: readonly number[]): ClassEvidence[] =>
  scores.map((right, image) => ({ label: labels[image]!, said: right ? labels[image]! : 4 }));

const evaluated = (
  id: string,
  scores: number[],
  delivered: Judged<Evidence> = { evidence: judged(scores) },
): Evaluated => ({
  result: { id, kind: "SC" } as DesignResult,
  clean: judged(scores),
  delivered,
  cleanDrop: {},
});
const foundIn = (all: readonly Evaluated[]) => ({
  designs: all.map(({ result }) => result),
  verdict: { says: [], fitting: [], recommended: "a", ties: ["b"], instead: [] },
});

it("is what each class's images alone would give", () => {
  const baseline = answers(0.9);
  const clean = answers(0.8);
  const found = byClassOf({ task }, test, judged(baseline), [evaluated("a", clean)], foundIn([evaluated("a", clean)]))!;
  expect(found.classes).toEqual(["nut", "bolt", "cam"]);
  [0, 1, 3].forEach((label, k) => {
    const own = (scores: number[]): number[] => scores.filter((_, i) => labels[i] === label);
    const [first, second] = [own(baseline), own(clean)];
    expect(found.whole[k]).toEqual(
      wilson(
        first.reduce((a, b) => a + b, 0),
        first.length,
      ),
    );
    expect(found.designs[0]!.quality[k]).toEqual(clusteredShare({ scores: second }));
    expect(found.designs[0]!.drop[k]).toEqual(clusteredDifference({ scores: first }, { scores: second }));
  });
  const right = found.whole.reduce((sum, { value, n }) => sum + value * n, 0);
  expect(right).toBeCloseTo(
    baseline.reduce((a, b) => a + b, 0),
    9,
  );
});

it("counts frames that show an image for the class of that image", () => {
  const clean = labels.map(() => 1);
  // 40 frames show the first 40 images; every one of class 1 is spoilt.
  const samples = Array.from({ length: 40 }, (_, i) => i);
  const spoilt = { samples, evidence: judged(samples.map((image) => (labels[image] === 1 ? 0 : 1))) };
  const all = [evaluated("a", clean, spoilt), evaluated("b", clean)];
  const { designs } = byClassOf({ task }, test, judged(clean), all, foundIn(all))!;
  expect(designs.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(designs[0]!.quality.map(({ value }) => value)).toEqual([1, 0, 1]);
  expect(designs[0]!.drop.map(({ value, n }) => [value, n])).toEqual([
    [0, 30],
    [1, 45],
    [0, 15],
  ]);
  expect(designs[1]!.drop.map(({ value }) => value)).toEqual([0, 0, 0]);
});

it("is nothing for images of one class", () => {
  const clean = answers(0.5);
  const one = { ...test, annotation: () => ({ label: 1 }) };
  expect(byClassOf({ task }, one, clean, [evaluated("a", clean)], foundIn([evaluated("a", clean)]))).toBeUndefined();
});

it("is nothing for a metric that is no mean over samples: an F1 of one class alone says nothing", () => {
  const active = openTask({ kind: "activity" });
  const clean = labels.map((label) =>
    active.judge({ active: [1], scores: [0.9] }, active.truth({ label: Number(label > 0) })),
  );
  const found = foundIn([evaluated("a", [])]);
  expect(byClassOf({ task: active }, test, clean, [], found)).toBeUndefined();
});
