/** @file Pictures with what their files say of them, whatever the files' kind. */
import { InputError } from "@split-et-impera/core/errors";
import type { Annotation } from "@split-et-impera/core/task";
import { readText } from "../../files/index.ts";
import type { Size } from "../fit.ts";
import type { InputCell } from "../table/inputs.ts";
import { nearest } from "../../nearest.ts";

/** What a reader of truth files gives: the pictures of one split, in the files' order. */
export interface Annotated {
  /** Names by label. */
  classes: string[];
  pictures: AnnotatedPicture[];
  /** Whether the files say which pictures are of the split; else these are all that there are. */
  split: boolean;
  /** What people should know. */
  notes: string[];
}

export interface AnnotatedPicture {
  /** The picture's file, or where it lies in one, for messages. */
  path: string;
  /** What else is said for inputs of a model, by name; of rows without a picture `path` is their folder. */
  inputs?: Record<string, InputCell>;
  /** Its bytes, where it is no file of its own. */
  bytes?: () => Promise<Uint8Array>;
  /**
   * What is said of it, in pixels of the picture as it is seen, whose size that is.
   * Throws `InputError` naming file, place, what was expected and what is there.
   */
  annotation(size: Size): Promise<Annotation>;
}

/** A place in a file of truths: `labels/1.txt:3`, `annotations.json: annotations[4].bbox`. */
export function truthError(place: string, expected: string, found: string): InputError {
  return new InputError("ERR_DATA_TRUTH", `${place}: expected ${expected}, got ${found}`);
}

/** A value as messages show it. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)} ...` : text;
}

/** The label of a class by its name. */
export function labelOf(name: string, classes: readonly string[], place: string): number {
  const label = classes.indexOf(name);
  if (label >= 0) return label;
  const list = classes.length <= 12 ? classes.join(", ") : `${classes.slice(0, 12).join(", ")} ...`;
  throw truthError(place, `one of the ${classes.length} classes (${list})`, `"${name}"${nearest(name, classes)}`);
}

/** What numbers may be off by: files round. */
const slack = 1;

/**
 * A box that lies in its picture, cut at its edges where rounding took it over them.
 * Throws `InputError` where it has no size, or lies further out than a pixel, with the part that is inside.
 */
export function boxWithin(
  box: readonly [number, number, number, number],
  { height, width }: Size,
  place: string,
): [number, number, number, number] {
  const [left, top, w, h] = box;
  const cut = [Math.max(0, left), Math.max(0, top), Math.min(width, left + w), Math.min(height, top + h)] as const;
  const inside: [number, number, number, number] = [cut[0], cut[1], cut[2] - cut[0], cut[3] - cut[1]];
  const out = Math.max(-left, -top, left + w - width, top + h - height);
  if (w > 0 && h > 0 && out <= slack && inside[2] > 0 && inside[3] > 0) return out <= 0 ? [...box] : inside;
  const text = `[${box.map((x) => Number(x.toFixed(2))).join(", ")}]`;
  if (!(w > 0 && h > 0))
    throw truthError(place, "a box of a width and a height above 0 (left, top, width, height)", text);
  const rest =
    inside[2] > 0 && inside[3] > 0 ? `; inside it is [${inside.map((x) => Number(x.toFixed(2))).join(", ")}]` : "";
  throw truthError(place, `a box within its picture of ${width} x ${height} pixels`, `${text}${rest}`);
}

/** Text of a file of truths. */
export const readTruth = (path: string, what: string, most: number): Promise<string> =>
  readText(path, { code: "ERR_DATA_TRUTH", what, most });
