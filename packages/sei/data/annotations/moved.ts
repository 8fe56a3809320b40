/** @file Annotations from the pixels of a picture to those of a model's input, as the picture is fitted. */
import {
  voidClass,
  type Annotation,
  type ClassMask,
  type ObjectAnnotation,
  type RunLengths,
} from "@split-et-impera/core/task";
import type { Fitting, Size } from "../fit.ts";

/**
 * What is said of a picture, moved as its pixels are.
 *
 * Boxes are cut at the edges, with as much of their areas; objects of which nothing is left go. Keypoints outside are not
 * labelled. Masks take the nearest pixel; what is added at the sides is void.
 */
export function movedAnnotation(annotation: Annotation, from: Size, fitting: Fitting): Annotation {
  const { objects, mask } = annotation;
  const { to } = fitting;
  return {
    ...annotation,
    ...(objects && { size: { ...to }, objects: objects.flatMap((one) => movedObject(one, from, fitting)) }),
    ...(mask && { mask: movedMask(mask, from, fitting) }),
  };
}

function movedObject(one: ObjectAnnotation, from: Size, fitting: Fitting): ObjectAnnotation[] {
  const { scaled, to } = fitting;
  const [across, down] = [scaled.width / from.width, scaled.height / from.height];
  const x = (value: number): number => value * across - fitting.left;
  const y = (value: number): number => value * down - fitting.top;
  const [left, top, width, height] = one.box;
  const [l, t] = [Math.max(0, x(left)), Math.max(0, y(top))];
  const [w, h] = [Math.min(to.width, x(left + width)) - l, Math.min(to.height, y(top + height)) - t];
  if (w <= 0 || h <= 0) return [];
  const kept = (w * h) / (width * across * height * down);
  const along = (value: number, i: number): number => (i % 2 === 0 ? x(value) : y(value));
  return [
    {
      ...one,
      box: [l, t, w, h],
      ...(one.area !== undefined && { area: one.area * across * down * kept }),
      ...(one.polygons && { polygons: one.polygons.map((outline) => outline.map(along)) }),
      ...(one.mask && { mask: movedRuns(one.mask, from, fitting) }),
      ...(one.keypoints && { keypoints: movedKeypoints(one.keypoints, x, y, to) }),
    },
  ];
}

function movedKeypoints(
  keypoints: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
  { height, width }: Size,
): number[] {
  return Array.from({ length: keypoints.length / 3 }, (_, k) => {
    const [px, py, seen] = [x(keypoints[3 * k]!), y(keypoints[3 * k + 1]!), keypoints[3 * k + 2]!];
    const inside = px >= 0 && py >= 0 && px <= width && py <= height;
    return seen > 0 && inside ? [px, py, seen] : [0, 0, 0];
  }).flat();
}

/** By row or column of the input the one of the picture that its middle lies in; -1 outside. */
function sources(count: number, start: number, scaled: number, from: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    const at = i + start + 0.5;
    return at < 0 || at >= scaled ? -1 : Math.min(from - 1, Math.floor((at * from) / scaled));
  });
}

const rowsAndColumns = (from: Size, { scaled, top, left, to }: Fitting): [Int32Array, Int32Array] => [
  sources(to.height, top, scaled.height, from.height),
  sources(to.width, left, scaled.width, from.width),
];

function movedMask({ classes, width }: ClassMask, from: Size, fitting: Fitting): ClassMask {
  const [rows, columns] = rowsAndColumns(from, fitting);
  const { to } = fitting;
  const result = new (classes instanceof Uint8Array ? Uint8Array : Uint16Array)(to.height * to.width).fill(voidClass);
  rows.forEach((row, y) => {
    if (row < 0) return;
    columns.forEach((column, x) => {
      if (column >= 0) result[y * to.width + x] = classes[row * width + column]!;
    });
  });
  return { height: to.height, width: to.width, classes: result };
}

function movedRuns({ counts, height }: RunLengths, from: Size, fitting: Fitting): RunLengths {
  const inside = new Uint8Array(from.height * from.width);
  let at = 0;
  counts.forEach((count, i) => inside.fill(i % 2, at, (at += count)));
  const [rows, columns] = rowsAndColumns(from, fitting);
  const { to } = fitting;
  const moved: number[] = [0];
  for (const column of columns)
    for (const row of rows) {
      const one = row < 0 || column < 0 ? 0 : inside[column * height + row]!;
      if (moved.length % 2 === 1 - one) moved[moved.length - 1]!++;
      else moved.push(1);
    }
  return { height: to.height, width: to.width, counts: moved };
}
