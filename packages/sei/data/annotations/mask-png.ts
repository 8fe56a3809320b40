/** @file Masks: a PNG beside each picture whose numbers are classes. */
import { voidClass, type Annotation } from "@split-et-impera/core/task";
import type { Size } from "../fit.ts";
import { truthError } from "./annotated.ts";
import { readIndices } from "./png-indices.ts";

/** What a mask says of a picture of this size. 255 is void; any other number above the last class is refused. */
export async function readMask(path: string, { height, width }: Size, classes: readonly string[]): Promise<Annotation> {
  const { values, ...size } = await readIndices(path);
  if (size.height !== height || size.width !== width)
    throw truthError(path, `a mask of its picture's size, ${width} x ${height}`, `${size.width} x ${size.height}`);
  const wrong = values.findIndex((value) => value >= classes.length && value !== voidClass);
  if (wrong >= 0) {
    const place = `${path}: row ${Math.floor(wrong / width)}, column ${wrong % width}`;
    const last = classes.length - 1;
    throw truthError(
      place,
      `a class from 0 to ${last} (${classes[last]}), or ${voidClass} for void`,
      `${values[wrong]}`,
    );
  }
  return { mask: { height, width, classes: values } };
}
