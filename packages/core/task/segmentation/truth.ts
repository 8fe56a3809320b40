/** @file What segmentations are judged by: masks, or objects drawn as masks, and the boxes of objects. */
import { lacking, voidClass, type Annotation, type ObjectAnnotation } from "../annotation.ts";
import type { Box } from "../detection/box.ts";
import { classMap, type ClassMap } from "./class-map.ts";
import { polygonPixels, runPixels } from "./rasterise.ts";

/** The class of every pixel, or the boxes of regions; also what a model says. */
export interface Segments {
  map?: ClassMap;
  regions?: readonly Box[];
}

export interface TruthOptions {
  /** Height and width of pictures, where objects must be drawn and none tells. */
  size: { height: number; width: number } | undefined;
  /** Class of the pixels of no object. */
  rest: number;
}

/** The mask as the data have it; where they tell objects, those drawn, what several classes cover being void. */
export function truthMap({ mask, objects }: Annotation, { size, rest }: TruthOptions): ClassMap {
  if (mask) return classMap(mask.height, mask.width, (pixel) => mask.classes[pixel]!);
  if (!objects) return lacking("a mask or the objects", "segmentation");
  const drawn = objects.find((one) => one.mask)?.mask ?? size;
  if (!drawn) return lacking("a mask or the size of pictures", "segmentation");
  const { height, width } = drawn;
  const pixels = new Uint16Array(height * width).fill(rest);
  const covered = new Uint8Array(height * width);
  for (const one of objects)
    for (const part of objectPixels(one, height, width))
      for (const at of part) {
        const pixel = (at % height) * width + Math.floor(at / height);
        pixels[pixel] = covered[pixel] && pixels[pixel] !== one.class ? voidClass : one.class;
        covered[pixel] = 1;
      }
  return classMap(height, width, (pixel) => pixels[pixel]!);
}

/** The pixels of each part, column by column; of a box alone its own. */
function objectPixels({ mask, polygons, box }: ObjectAnnotation, height: number, width: number): number[][] {
  if (mask) return [runPixels(mask)];
  const [x, y, w, h] = box;
  const outlines = polygons ?? [[x, y, x + w, y, x + w, y + h, x, y + h]];
  return outlines.map((outline) => polygonPixels(outline, height, width));
}

/** The boxes of the objects that are to be found. */
export function truthRegions({ objects }: Annotation): Box[] {
  if (!objects) return lacking("the objects", "segmentation");
  return objects.filter(({ crowd }) => !crowd).map(({ box }) => box);
}
