import { expect, test } from "vitest";
import { axesOf, walkOf } from "./axes.ts";

test("layouts that models have", () => {
  expect(axesOf([2, 40, 7], 2, 7)).toEqual({ batch: 0, step: 1, class: 2 });
  expect(axesOf([40, 2, 7], 2, 7)).toEqual({ batch: 1, step: 0, class: 2 });
  expect(axesOf([2, 7, 40], 2, 7)).toEqual({ batch: 0, step: 2, class: 1 });
  expect(axesOf([2, 7], 2, 7)).toEqual({ batch: 0, class: 1 });
  expect(axesOf([2, 7, 1, 40], 2, 7)).toEqual({ batch: 0, step: 3, class: 1 });
  expect(axesOf([1, 1, 7], 1, 7)).toEqual({ batch: 0, step: 1, class: 2 });
  expect(axesOf([40, 1, 7], 1, 7)).toEqual({ batch: 1, step: 0, class: 2 });
  // Without a batch.
  expect(axesOf([40, 7], 1, 7)).toEqual({ step: 0, class: 1 });
  // As many steps as classes: the classes are last.
  expect(axesOf([2, 7, 7], 2, 7)).toEqual({ batch: 0, step: 1, class: 2 });
});

test("layouts that are none", () => {
  expect(axesOf([2, 40, 8], 2, 7)).toBeUndefined();
  expect(axesOf([3, 40, 7], 2, 7)).toBeUndefined();
  expect(axesOf([2, 5, 40, 7], 2, 7)).toBeUndefined();
  expect(axesOf([], 1, 7)).toBeUndefined();
});

test("a walk meets every number once, in whichever order they lie", () => {
  for (const dims of [
    [3, 4, 5],
    [4, 3, 5],
    [3, 5, 4],
    [3, 1, 5, 4],
  ]) {
    const walk = walkOf(dims, axesOf(dims, 3, 5)!);
    expect([walk.samples, walk.steps, walk.classes]).toEqual([3, 4, 5]);
    const met = new Set<number>();
    for (let n = 0; n < 3; n++)
      for (let t = 0; t < 4; t++) for (let c = 0; c < 5; c++) met.add(walk.start(n, t) + c * walk.stride);
    expect([met.size, Math.max(...met)]).toEqual([60, 59]);
  }
});
