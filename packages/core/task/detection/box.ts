/** @file Boxes: left, top, width, height in pixels, and how much they overlap. */

export type Box = readonly [left: number, top: number, width: number, height: number];

export const areaOf = ([, , width, height]: Box): number => width * height;

/** Pixels that two boxes share. */
export function shared([x, y, w, h]: Box, [left, top, width, height]: Box): number {
  const across = Math.min(x + w, left + width) - Math.max(x, left);
  const down = Math.min(y + h, top + height) - Math.max(y, top);
  return across > 0 && down > 0 ? across * down : 0;
}

/** Intersection over union; over the first box alone where the second is a crowd. */
export function overlap(found: Box, wanted: Box, crowd = false): number {
  const both = shared(found, wanted);
  return both === 0 ? 0 : both / (crowd ? areaOf(found) : areaOf(found) + areaOf(wanted) - both);
}

/** From centre, width and height. */
export const centredBox = (x: number, y: number, width: number, height: number): Box => [
  x - width / 2,
  y - height / 2,
  width,
  height,
];

/** From two corners: left, top, right and bottom, from a place among numbers on. */
export function cornersAt(values: ArrayLike<number>, at: number): Box {
  const [left, top] = [values[at]!, values[at + 1]!];
  return [left, top, values[at + 2]! - left, values[at + 3]! - top];
}
