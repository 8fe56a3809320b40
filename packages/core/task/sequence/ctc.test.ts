import { expect, test } from "vitest";
import { axesOf, walkOf } from "./axes.ts";
import { bestPath, classCharacters, collapse } from "./ctc.ts";

test("repeats are merged, blanks dropped, and a blank keeps two of a kind apart", () => {
  expect(collapse([0, 1, 1, 0, 1, 2, 2, 0], 0)).toEqual([1, 1, 2]);
  expect(collapse([3, 0, 0, 3], 3)).toEqual([0]);
  expect(collapse([0, 0], 0)).toEqual([]);
  expect(collapse([], 0)).toEqual([]);
});

test("the best path, steps first or classes first", () => {
  const scores = [
    [0.1, 0.9, 0],
    [0.5, 0.5, 0],
    [0, 0.2, 0.8],
  ];
  const last = walkOf([1, 3, 3], axesOf([1, 3, 3], 1, 3)!);
  expect(bestPath(scores.flat(), last, 0)).toEqual([1, 0, 2]);
  const first = walkOf([1, 3, 3], { batch: 0, step: 2, class: 1 });
  const turned = [0, 1, 2].flatMap((c) => scores.map((row) => row[c]!));
  expect(bestPath(turned, first, 0)).toEqual([1, 0, 2]);
});

test("the blank lies where it is said to", () => {
  expect(classCharacters(["a", "b"], 0, true)).toEqual(["", "a", "b", " "]);
  expect(classCharacters(["a", "b"], 2, false)).toEqual(["a", "b", ""]);
  expect(classCharacters(["a", "b"], 1, false)).toEqual(["a", "", "b"]);
});
