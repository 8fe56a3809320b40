/** @file YOLO's text files: one beside each picture, a line per object, in shares of the picture. */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Annotation, ObjectAnnotation } from "@split-et-impera/core/task";
import type { Size } from "../fit.ts";
import { boxWithin, readTruth, shown, truthError } from "./annotated.ts";

const mostBytes = 16 * 2 ** 20;

export interface YoloRules {
  classes: readonly string[];
  /** Keypoints of each object and numbers of each: `kpt_shape` in data.yaml. */
  keypoints?: readonly [count: number, numbers: number];
}

/** `images/val/1.jpg` has its lines in `labels/val/1.txt`; a picture outside of `images/` has them beside it. */
export function labelFile(picture: string, root: string): string {
  const parts = relative(root, picture).split(/[/\\]/);
  const at = parts.lastIndexOf("images");
  if (at >= 0) parts[at] = "labels";
  return join(root, ...parts).replace(/\.[^./\\]+$/, ".txt");
}

/** What a file says of a picture of this size; a file that is not there says that there is nothing. */
export async function readYolo(path: string, size: Size, rules: YoloRules): Promise<Annotation> {
  const there = await stat(path).catch(() => undefined);
  const text = there ? await readTruth(path, "lines of class and box", mostBytes) : "";
  const objects = text.split(/\r?\n/).flatMap((line, i) => {
    const words = line.trim().split(/\s+/);
    return words[0] === "" ? [] : [objectOf(words, size, rules, `${path}:${i + 1}`)];
  });
  return { size, objects };
}

function objectOf(
  words: readonly string[],
  size: Size,
  { classes, keypoints }: YoloRules,
  place: string,
): ObjectAnnotation {
  const numbers = words.map(Number);
  const [label, ...rest] = numbers as [number, ...number[]];
  const bad = words.find((_, i) => !Number.isFinite(numbers[i]));
  if (bad !== undefined) throw truthError(place, "numbers", shown(bad));
  if (!Number.isInteger(label) || label < 0 || label >= classes.length)
    throw truthError(place, `a class from 0 to ${classes.length - 1} (${classes.length} classes)`, words[0]!);
  const pointed = keypoints ? keypoints[0] * keypoints[1] : 0;
  const polygon = keypoints === undefined && rest.length >= 6 && rest.length % 2 === 0;
  if (!polygon && rest.length !== 4 + pointed) {
    const expected = keypoints
      ? `class, box (4 numbers) and ${keypoints[0]} keypoints of ${keypoints[1]} numbers`
      : "class and box (4 numbers), or class and the x and y of three points or more";
    throw truthError(place, expected, `${words.length} numbers`);
  }
  const shares = keypoints?.[1] === 3 ? rest.filter((_, i) => i < 4 || (i - 4) % 3 !== 2) : rest;
  const far = shares.find((x) => x < -0.01 || x > 1.01);
  if (far !== undefined)
    throw truthError(place, "shares of the picture from 0 to 1", `${far}${far > 2 ? "; are these pixels?" : ""}`);
  const along = (i: number): number => (i % 2 === 0 ? size.width : size.height);
  if (polygon) {
    const outline = rest.map((x, i) => x * along(i));
    return { class: label, box: boxWithin(around(outline), size, place), polygons: [outline] };
  }
  const [x, y, w, h] = rest.slice(0, 4).map((share, i) => share * along(i)) as [number, number, number, number];
  const box = boxWithin([x - w / 2, y - h / 2, w, h], size, place);
  if (!keypoints) return { class: label, box };
  const [count, each] = keypoints;
  const points = Array.from({ length: count }, (_, k) => {
    const [px, py, seen = 2] = rest.slice(4 + k * each, 4 + (k + 1) * each) as [number, number, number?];
    return [px * size.width, py * size.height, each === 2 && px === 0 && py === 0 ? 0 : seen];
  });
  return { class: label, box, keypoints: points.flat() };
}

/** The smallest box around x, y, x, y ... */
function around(outline: readonly number[]): [number, number, number, number] {
  const [xs, ys] = [0, 1].map((offset) => outline.filter((_, i) => i % 2 === offset)) as [number[], number[]];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}
