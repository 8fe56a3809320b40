/** @file A generated data set: parts on a conveyor belt, some of them broken, as a small camera sees them. */
import { randomStream } from "../random/index.ts";
import { conveyorDifficulty, type Difficulty } from "./difficulty.ts";
import { render } from "./render.ts";
import { conveyorClasses, drawScene } from "./scene.ts";

export { conveyorClasses, conveyorDifficulty, type Difficulty };
export type { Range } from "./difficulty.ts";
export { beltClasses, beltImage, beltSize, beltThings, type BeltImage, type BeltThing } from "./belt.ts";

/** Side of an image in pixels; images are square, with three channels. */
export const conveyorSize = 32;

export interface ConveyorImage {
  /** 32 x 32 x 3, row by row, red green blue. */
  pixels: Uint8Array<ArrayBuffer>;
  /** Index into `conveyorClasses`. */
  label: number;
}

/**
 * Image `index` of a split. It depends on the three arguments (and the difficulty) alone, to the last bit on every
 * machine: each image has its own random stream, and only operations that IEEE 754 defines exactly are used.
 */
export function conveyorImage(
  seed: number,
  split: "train" | "test",
  index: number,
  difficulty: Difficulty = conveyorDifficulty,
): ConveyorImage {
  const label = conveyorLabel(seed, split, index);
  const random = randomStream(seed, `conveyor/${split}/${index}`);
  const scene = drawScene(random, label, difficulty, conveyorSize);
  return { pixels: render(scene, conveyorSize, random), label };
}

/** The label alone: every run of eight images from a multiple of eight holds each class once, in random order. */
export function conveyorLabel(seed: number, split: "train" | "test", index: number): number {
  const classes = conveyorClasses.length;
  const order = randomStream(seed, `conveyor/${split}/labels/${Math.floor(index / classes)}`).permutation(classes);
  return order[index % classes]!;
}
