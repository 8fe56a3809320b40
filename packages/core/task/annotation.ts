/** @file What the data say of a sample, in one vocabulary for all data formats; tasks take from it what they judge by. */
import { InputError } from "../errors/index.ts";

/**
 * All that is known of a sample. Lengths are pixels of the model's input, origin at its upper left corner: data formats
 * move what they read as they fit the picture.
 */
export interface Annotation {
  /** One class, by its place among the data's classes. */
  label?: number;
  /** Several classes that hold at once. */
  labels?: readonly number[];
  text?: string;
  /** Numbers to be met: of a regression, or a vector. */
  values?: readonly number[];
  objects?: readonly ObjectAnnotation[];
  /** Of the picture that objects lie in. */
  size?: { readonly height: number; readonly width: number };
  /** A class for every pixel. */
  mask?: ClassMask;
}

/** A thing in a picture. */
export interface ObjectAnnotation {
  /** By its place among the data's classes. */
  class: number;
  /** Left, top, width, height. */
  box: readonly [number, number, number, number];
  /** Pixels that it covers, where that is known and not the box's. */
  area?: number;
  /** A region of many things, which is neither to be found nor counted against who finds it. */
  crowd?: boolean;
  /** Its outline: polygons as x, y, x, y ..., all that is inside any of them. */
  polygons?: readonly (readonly number[])[];
  /** Which pixels it covers, where no polygons tell: see `RunLengths`. */
  mask?: RunLengths;
  /** x, y, visibility (0 not labelled, 1 hidden, 2 seen) of each keypoint in turn. */
  keypoints?: readonly number[];
}

/** Pixels of a picture, column by column: how many are out, then in, then out, and so on (COCO's uncompressed RLE). */
export interface RunLengths {
  height: number;
  width: number;
  counts: readonly number[];
}

/** A class for every pixel, row by row; `voidClass` where nothing is known. */
export interface ClassMask {
  height: number;
  width: number;
  classes: Uint8Array | Uint16Array;
}

/** In a `ClassMask`, a pixel that is not judged. */
export const voidClass = 255;

/** Throws that the data do not say what a task judges by. */
export function lacking(what: string, task: string): never {
  throw new InputError(
    "ERR_TASK_TRUTH",
    `expected data that say ${what} of every sample, as the task ${task} needs, got none`,
  );
}
