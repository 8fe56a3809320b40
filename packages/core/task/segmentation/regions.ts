/** @file Regions of a probability map: connected pixels that are probable, and the box around them. */
import { overlap, type Box } from "../detection/box.ts";

export interface RegionRules {
  /** Pixels above it belong to a region. Default 0.3. */
  threshold?: number;
  /** Pixels of the map that a region has at least. Default 30. */
  least?: number;
  /** Mean probability of a region's pixels, at least. Default 0.5. */
  score?: number;
  /**
   * By how much a box is grown, for models that learn shrunk regions: on every side by `grow` times its area over its
   * circumference. Default 1.5; 0 leaves it.
   */
  grow?: number;
  /** Intersection over union from which a box is that of a thing. Default 0.5. */
  overlap?: number;
}

/** M. Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2020), as its users set it. */
export const usualRegions: Required<RegionRules> = { threshold: 0.3, least: 30, score: 0.5, grow: 1.5, overlap: 0.5 };

interface MapSize {
  height: number;
  width: number;
}

/**
 * The boxes of a map's regions, in the order of their first pixels, row by row.
 * @param start where the map's first number lies
 * @param picture the picture that the map is of: boxes are in its pixels
 */
export function regionsOf(
  map: ArrayLike<number>,
  start: number,
  { height, width }: MapSize,
  picture: MapSize,
  rules: RegionRules,
): Box[] {
  const { threshold, least, score, grow } = { ...usualRegions, ...rules };
  const [down, across] = [picture.height / height, picture.width / width];
  const seen = new Uint8Array(height * width);
  const boxes: Box[] = [];
  for (let first = 0; first < seen.length; first++) {
    if (seen[first] || !(map[start + first]! > threshold)) continue;
    const pixels = component(first, { height, width }, seen, (pixel) => map[start + pixel]! > threshold);
    const mean = pixels.reduce((sum, pixel) => sum + map[start + pixel]!, 0) / pixels.length;
    if (pixels.length >= least && mean >= score) {
      const [left, top, w, h] = around(pixels, width);
      boxes.push(grown([left * across, top * down, w * across, h * down], grow));
    }
  }
  return boxes;
}

/** A pixel and all that are joined to it by sides; marks them as seen. */
function component(
  first: number,
  { height, width }: MapSize,
  seen: Uint8Array,
  inside: (pixel: number) => boolean,
): number[] {
  const pixels = [first];
  seen[first] = 1;
  const visit = (pixel: number): void => {
    if (seen[pixel] || !inside(pixel)) return;
    seen[pixel] = 1;
    pixels.push(pixel);
  };
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i]!;
    const x = pixel % width;
    if (x > 0) visit(pixel - 1);
    if (x < width - 1) visit(pixel + 1);
    if (pixel >= width) visit(pixel - width);
    if (pixel < (height - 1) * width) visit(pixel + width);
  }
  return pixels;
}

function around(pixels: readonly number[], width: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return [left, top, right + 1 - left, bottom + 1 - top];
}

function grown([left, top, width, height]: Box, by: number): Box {
  const more = (by * width * height) / (2 * (width + height));
  return [left - more, top - more, width + 2 * more, height + 2 * more];
}

/** How many of the found boxes are those of things: each in turn takes the thing that it overlaps most, if it is free. */
export function matchedRegions(found: readonly Box[], wanted: readonly Box[], least: number): number {
  const free = new Set(wanted);
  for (const box of found) {
    let [best, match]: [number, Box | undefined] = [least, undefined];
    for (const other of free) {
      const share = overlap(box, other);
      if (share >= best && (match === undefined || share > best)) [best, match] = [share, other];
    }
    if (match) free.delete(match);
  }
  return wanted.length - free.size;
}
