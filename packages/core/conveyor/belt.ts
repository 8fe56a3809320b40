/** @file Pictures of several parts at once: a longer piece of the same belt, with the box and the pixels of each part. */
import { randomStream, type Random } from "../random/index.ts";
import { conveyorDifficulty, type Difficulty } from "./difficulty.ts";
import { coverage, render } from "./render.ts";
import { conveyorClasses, drawScene, type Part } from "./scene.ts";

/** What lies on it: whole parts, told by what they are. */
export const beltClasses: readonly string[] = ["washer", "bearing", "nut", "gear", "screw"];

/** Side of a picture in pixels; pictures are square, with three channels. */
export const beltSize = 64;

/** Parts in a picture, as far as there is room. */
const [fewest, most] = [1, 5];
/** Pixels between two parts, and between a part and the picture's edge, at least. */
const gap = 2;
/** Places that are tried for a part before the picture goes without it. */
const tries = 40;

/** The conveyor's, with smaller parts: lengths that are not told in part radii are those of a picture of 32 x 32. */
const difficulty: Difficulty = { ...conveyorDifficulty, radius: [6.5, 10] };

export interface BeltThing {
  /** Index into `beltClasses`. */
  label: number;
  /** Left, top, width, height of the pixels that it covers. */
  box: readonly [number, number, number, number];
  /** Pixels that it covers, row by row: 1, else 0. Holes are none of it. */
  covers: Uint8Array<ArrayBuffer>;
}

export interface BeltImage {
  /** 64 x 64 x 3, row by row, red green blue. */
  pixels: Uint8Array<ArrayBuffer>;
  things: BeltThing[];
}

/** Picture `index` of a split, which depends on the three arguments alone, as `conveyorImage` does. */
export function beltImage(seed: number, split: "train" | "test", index: number): BeltImage {
  const { parts, things } = laid(seed, split, index);
  const random = randomStream(seed, `belt/${split}/${index}`);
  const scene = drawScene(random, 0, difficulty, beltSize);
  return { pixels: render({ ...scene, parts }, beltSize, random), things };
}

/** What lies in a picture, without the picture. */
export const beltThings = (seed: number, split: "train" | "test", index: number): BeltThing[] =>
  laid(seed, split, index).things;

/** Parts laid one after the other where there is room. */
function laid(seed: number, split: "train" | "test", index: number): { parts: Part[]; things: BeltThing[] } {
  const random = randomStream(seed, `belt/${split}/${index}/places`);
  const count = fewest + random.integer(most - fewest + 1);
  const parts: Part[] = [];
  const things: BeltThing[] = [];
  for (let i = 0; i < count; i++) {
    const label = random.integer(beltClasses.length);
    const own = randomStream(seed, `belt/${split}/${index}/part ${i}`);
    const [drawn] = drawScene(own, conveyorClasses.indexOf(beltClasses[label]!), difficulty, beltSize).parts;
    const part = placed(drawn, parts, random);
    if (!part) continue;
    const covers = coverage(part, beltSize);
    parts.push(part);
    things.push({ label, box: boxOf(covers), covers });
  }
  return { parts, things };
}

/** The part where it lies apart from the others, whole in the picture; undefined where no place was found. */
function placed(part: Part, others: readonly Part[], random: Random): Part | undefined {
  const reach = reachOf(part);
  const anywhere = (): number => reach + gap + (beltSize - 2 * (reach + gap)) * random.uniform();
  for (let i = 0; i < tries; i++) {
    const [x, y] = [anywhere(), anywhere()];
    const apart = (other: Part): boolean =>
      (other.x - x) ** 2 + (other.y - y) ** 2 >= (reach + reachOf(other) + gap) ** 2;
    if (others.every(apart)) return { ...part, x, y };
  }
  return undefined;
}

/** Nothing of a part is further from its middle. */
const reachOf = ({ radius, extent }: Part): number => radius * extent;

function boxOf(covers: Uint8Array): BeltThing["box"] {
  let [left, top, right, bottom] = [beltSize, beltSize, 0, 0];
  covers.forEach((inside, at) => {
    if (!inside) return;
    const [x, y] = [at % beltSize, Math.floor(at / beltSize)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  });
  return [left, top, right - left, bottom - top];
}
