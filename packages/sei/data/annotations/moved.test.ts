/** @file Annotations move with the pixels of their pictures. */
import { voidClass, type Annotation } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { fittingOf } from "../fit.ts";
import { movedAnnotation } from "./moved.ts";

const from = { height: 100, width: 200 };
const annotation: Annotation = {
  text: "two",
  size: from,
  objects: [
    {
      class: 0,
      box: [20, 10, 40, 20],
      area: 400,
      polygons: [[20, 10, 60, 10, 60, 30]],
      keypoints: [20, 10, 2, 0, 0, 0],
    },
    { class: 1, box: [180, 80, 20, 20], keypoints: [190, 90, 1] },
  ],
};

test("a letterbox scales and shifts", () => {
  const fitting = fittingOf(from, { letterbox: [100] }, undefined);
  const moved = movedAnnotation(annotation, from, fitting);
  expect(moved.text).toBe("two");
  expect(moved.size).toEqual({ height: 100, width: 100 });
  expect(moved.objects).toEqual([
    {
      class: 0,
      box: [10, 30, 20, 10],
      area: 100,
      polygons: [[10, 30, 30, 30, 30, 40]],
      keypoints: [10, 30, 2, 0, 0, 0],
    },
    { class: 1, box: [90, 65, 10, 10], keypoints: [95, 70, 1] },
  ]);
});

test("a crop cuts boxes and their areas; what is outside goes", () => {
  // The middle 100 x 100: from column 50 on.
  const fitting = fittingOf(from, { crop: [100] }, undefined);
  const { objects } = movedAnnotation(annotation, from, fitting);
  expect(objects).toEqual([
    {
      class: 0,
      box: [0, 10, 10, 20],
      area: 100,
      polygons: [[-30, 10, 10, 10, 10, 30]],
      keypoints: [0, 0, 0, 0, 0, 0],
    },
  ]);
});

test("stretching moves each axis by itself; nothing asked for leaves all as it is", () => {
  const fitting = fittingOf(from, { resize: [50, 400] }, undefined);
  expect(movedAnnotation(annotation, from, fitting).objects![0]).toMatchObject({ box: [40, 5, 80, 10], area: 400 });
  expect(movedAnnotation(annotation, from, fittingOf(from, {}, undefined))).toEqual(annotation);
});

test("masks and run lengths take the nearest pixel; bars are void", () => {
  const small = { height: 2, width: 4 };
  const said: Annotation = {
    mask: { ...small, classes: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) },
    // Column 1, and the upper pixel of column 2.
    objects: [{ class: 0, box: [1, 0, 2, 2], mask: { ...small, counts: [2, 3, 3] } }],
  };
  const bars = movedAnnotation(said, small, fittingOf(small, { letterbox: [4] }, undefined));
  const v = voidClass;
  expect(Array.from(bars.mask!.classes)).toEqual([v, v, v, v, 0, 1, 2, 3, 4, 5, 6, 7, v, v, v, v]);
  expect(bars.objects![0]!.mask).toEqual({ height: 4, width: 4, counts: [5, 2, 2, 1, 6] });
  const half = movedAnnotation(said, small, fittingOf(small, { resize: [1, 2] }, undefined));
  expect(Array.from(half.mask!.classes)).toEqual([5, 7]);
  const twice = movedAnnotation(said, small, fittingOf(small, { resize: [2, 8] }, undefined));
  expect(Array.from(twice.mask!.classes)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
});
