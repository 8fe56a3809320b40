/** @file Outlines and run lengths as pixels, as COCO's own tools draw them. */
import type { RunLengths } from "../annotation.ts";

/** Outlines are walked in fifths of a pixel. */
const fine = 5;

type Point = readonly [x: number, y: number];

/**
 * The pixels of a polygon: those that its outline, walked in fifths of a pixel, has above them an odd number of times in
 * their column. x, y, x, y ... in pixels. Pixels lie column by column: x * height + y.
 */
export function polygonPixels(polygon: readonly number[], height: number, width: number): number[] {
  const corners = Array.from({ length: polygon.length >> 1 }, (_, i): Point => [
    Math.trunc(fine * polygon[2 * i]! + 0.5),
    Math.trunc(fine * polygon[2 * i + 1]! + 0.5),
  ]);
  const crossings: number[] = [];
  let before: Point | undefined;
  const visit = (x1: number, y1: number): void => {
    const [x0, y0] = before ?? [x1, y1];
    before = [x1, y1];
    if (x0 === x1) return;
    const x = ((x1 < x0 ? x1 : x1 - 1) + 0.5) / fine - 0.5;
    if (!Number.isInteger(x) || x < 0 || x > width - 1) return;
    const y = (Math.min(y0, y1) + 0.5) / fine - 0.5;
    crossings.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)));
  };
  corners.forEach((corner, i) => walk(corner, corners[(i + 1) % corners.length]!, visit));
  return between(
    crossings.sort((a, b) => a - b),
    height * width,
  );
}

/** Visits the points of a line, a step along its longer side each: the same ones from either end. */
function walk([x0, y0]: Point, [x1, y1]: Point, visit: (x: number, y: number) => void): void {
  const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
  const flat = dx >= dy;
  const turned = flat ? x0 > x1 : y0 > y1;
  const [xs, ys, xe, ye] = turned ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  const steps = Math.max(dx, dy);
  const slope = steps === 0 ? 0 : (flat ? ye - ys : xe - xs) / steps;
  for (let step = 0; step <= steps; step++) {
    const t = turned ? steps - step : step;
    if (flat) visit(xs + t, Math.trunc(ys + slope * t + 0.5));
    else visit(Math.trunc(xs + slope * t + 0.5), ys + t);
  }
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
