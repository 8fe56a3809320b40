/** @file Outlines and run lengths as pixels, as COCO's own tools draw them. */
import type { RunLengths } from "../annotation.ts";

/** Outlines are walked in fifths of a pixel. */
const fine = 5;

/**
 * The pixels of a polygon: those that its outline, walked in fifths of a pixel, has above them an odd number of times in
 * their column. x, y, x, y ... in pixels. Pixels lie column by column: x * height + y.
 */
export function polygonPixels(polygon: readonly number[], height: number, width: number): number[] {
  const corners = Array.from({ length: polygon.length >> 1 }, (_, i): Point => [
    Math.trunc(fine * polygon[2 * i]! + 0.5),
    Math.trunc(fine * polygon[2 * i + 1]! + 0.5),
  ]);
  const outline = corners.flatMap((corner, i) => walk(corner, corners[(i + 1) % corners.length]!));
  const crossings: number[] = [];
  for (let i = 1; i < outline.length; i++) {
    const [[x0, y0], [x1, y1]] = [outline[i - 1]!, outline[i]!];
    if (x0 === x1) continue;
    const x = ((x1 < x0 ? x1 : x1 - 1) + 0.5) / fine - 0.5;
    if (!Number.isInteger(x) || x < 0 || x > width - 1) continue;
    const y = (Math.min(y0, y1) + 0.5) / fine - 0.5;
    crossings.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)));
  }
  return between(
    crossings.sort((a, b) => a - b),
    height * width,
  );
}

type Point = readonly [x: number, y: number];

/** The points of a line, a step along its longer side each, the same from both ends. */
function walk([x0, y0]: Point, [x1, y1]: Point): Point[] {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const flat = dx >= dy;
  const turned = flat ? x0 > x1 : y0 > y1;
  const [[xs, ys], [xe, ye]] = turned
    ? [
        [x1, y1],
        [x0, y0],
      ]
    : [
        [x0, y0],
        [x1, y1],
      ];
  const steps = Math.max(dx, dy);
  const slope = steps === 0 ? 0 : (flat ? ye - ys : xe - xs) / steps;
  const points = Array.from({ length: steps + 1 }, (_, t): Point =>
    flat ? [xs + t, Math.trunc(ys + slope * t + 0.5)] : [Math.trunc(xs + slope * t + 0.5), ys + t],
  );
  return turned ? points.reverse() : points;
}

/** Everything from the first to the second, from the third to the fourth, and so on. */
function between(crossings: readonly number[], end: number): number[] {
  const pixels: number[] = [];
  for (let i = 0; i < crossings.length; i += 2)
    for (let pixel = crossings[i]!; pixel < (crossings[i + 1] ?? end); pixel++) pixels.push(pixel);
  return pixels;
}

/** The pixels that run lengths tell, column by column: x * height + y. */
export function runPixels({ counts }: RunLengths): number[] {
  const ends: number[] = [];
  let at = 0;
  for (const count of counts) ends.push((at += count));
  return between(ends.slice(0, ends.length - (ends.length % 2 === 0 ? 0 : 1)), at);
}
