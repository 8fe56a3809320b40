/** @file Anchors: the boxes that the numbers of SSD and RetinaNet heads move and stretch. */
import { InputError } from "../../errors/index.ts";
import { centredBox, type Box } from "./box.ts";

/** Centre x, centre y, width and height in pixels of the model's input. */
export type Anchor = readonly [x: number, y: number, width: number, height: number];

/** Anchors on grids over the picture: each level has a cell per `stride` pixels, and in it a box of each size and ratio. */
export interface AnchorGrids {
  /** Pixels between centres, by level: `[8, 16, 32, 64, 128]`. */
  strides: readonly number[];
  /** Sides of a square box in pixels, by level: `[[32, 40, 51], [64, 80, 102], ...]`. */
  sizes: readonly (readonly number[])[];
  /** Height by width of the boxes, areas kept. Default `[0.5, 1, 2]`. */
  ratios?: readonly number[];
  /** Where in its cell a centre lies, in cells. Default 0, as RetinaNet in torchvision has it; SSD has 0.5. */
  offset?: number;
}

export interface AnchorSpec {
  /** The boxes themselves, in the order of the outputs' rows, or the grids that they lie on. */
  boxes: readonly Anchor[] | AnchorGrids;
  /** What the numbers are divided by: x, y, width, height. Default 1 each, as RetinaNet has it; SSD has 10, 10, 5, 5. */
  divide?: readonly [number, number, number, number];
}

/** Every anchor of a picture of this size: level by level, row by row, by ratio and then by size in a cell. */
export function anchorsOf({ boxes }: AnchorSpec, { height, width }: { height: number; width: number }): Anchor[] {
  if (!("strides" in boxes)) return [...boxes];
  const { strides, sizes, ratios = [0.5, 1, 2], offset = 0 } = boxes;
  if (sizes.length !== strides.length)
    throw new InputError(
      "ERR_TASK_OUTPUT",
      `task.anchors.boxes.sizes: expected a list for each of the ${strides.length} strides, got ${sizes.length}`,
    );
  return strides.flatMap((stride, level) => {
    const shapes = ratios.flatMap((ratio) =>
      sizes[level]!.map((size) => [size / Math.sqrt(ratio), size * Math.sqrt(ratio)] as const),
    );
    const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    return Array.from({ length: rows * columns }, (_, cell) => {
      const x = ((cell % columns) + offset) * stride;
      const y = (Math.floor(cell / columns) + offset) * stride;
      return shapes.map(([w, h]): Anchor => [x, y, w, h]);
    }).flat();
  });
}

/** Widths grow at most so much, so that no number makes them endless: log(1000 / 16), as the papers' code has it. */
const mostGrowth = Math.log(1000 / 16);

/** S. Ren et al., Faster R-CNN (2015), equation 2: centre moved by (x, y) of its size, size times exp(width, height). */
export function movedAnchor(
  [x, y, width, height]: Anchor,
  deltas: ArrayLike<number>,
  at: number,
  divide: readonly number[] = [1, 1, 1, 1],
): Box {
  const [dx, dy, dw, dh] = divide.map((by, i) => deltas[at + i]! / by) as [number, number, number, number];
  const stretch = (by: number): number => Math.exp(Math.min(by, mostGrowth));
  return centredBox(x + dx * width, y + dy * height, width * stretch(dw), height * stretch(dh));
}
