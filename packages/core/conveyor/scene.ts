/** @file A picture's contents, drawn from its random stream: part, pose, belt, light and camera. */
import type { Random } from "../random/index.ts";
import type { Difficulty, Range } from "./difficulty.ts";
import { bearing, counts, gear, nut, screw, washer, type Direction, type Shape } from "./shapes.ts";

/** The classes, by label. Two kinds of part come whole and broken, and screws straight and bent. */
export const conveyorClasses: readonly string[] = [
  "washer",
  "bearing",
  "nut",
  "nut-cracked",
  "gear",
  "gear-broken",
  "screw",
  "screw-bent",
];

export type Colour = readonly [red: number, green: number, blue: number];

export interface Segment {
  x: number;
  y: number;
  dx: number;
  dy: number;
  half: number;
  light: number;
}

/** Lengths in pixels. */
export interface Part {
  shape: Shape;
  /** Extent of the shape in its own units, for skipping what lies outside. */
  extent: number;
  x: number;
  y: number;
  radius: number;
  turn: Direction;
  tilt: number;
  /** Width of the rounded edge and how steep it is, in part radii. */
  bevel: number;
  steepness: number;
  colour: Colour;
  shine: number;
}

/** Lengths in pixels, light linear. */
export interface Scene {
  parts: readonly Part[];
  belt: {
    colour: Colour;
    texture: number;
    /** 9 x 9 random values, -1 to 1, stretched over the image. */
    lattice: Float64Array;
    /** Ribs across the belt: pixels from one to the next, where the first lies, and depth. */
    rib: { period: number; phase: number; depth: number };
    marks: Segment[];
  };
  light: { x: number; y: number; z: number; key: number; ambient: number; fall: number; shadow: number; reach: number };
  camera: { defocus: number; motion: number; noise: number; gain: Colour };
}

const metals: readonly Colour[] = [
  [0.42, 0.43, 0.45], // steel
  [0.34, 0.35, 0.38], // steel, darker
  [0.62, 0.63, 0.64], // stainless
  [0.55, 0.57, 0.58], // zinc
  [0.5, 0.36, 0.13], // brass
  [0.47, 0.24, 0.15], // copper
  [0.4, 0.36, 0.22], // yellow passivated
  [0.16, 0.16, 0.18], // burnished
];

const belts: readonly Colour[] = [
  [1, 1, 1.02], // black rubber
  [0.55, 1, 0.72], // green PVC
  [0.45, 0.75, 1.25], // blue, as in food works
  [1, 0.97, 0.9], // grey felt
];

const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)]!;
const within = (random: Random, [from, to]: Range): number => from + (to - from) * random.uniform();

/** A unit vector, every direction alike: a point of the disc, scaled (no sine needed). */
function direction(random: Random): Direction {
  for (;;) {
    const x = 2 * random.uniform() - 1;
    const y = 2 * random.uniform() - 1;
    const square = x * x + y * y;
    if (square <= 1 && square > 1e-4) {
      const length = Math.sqrt(square);
      return { x: x / length, y: y / length };
    }
  }
}

/** A scene with one part. `size` is the side of the image in pixels. */
export function drawScene(random: Random, label: number, hard: Difficulty, size: number): Scene & { parts: [Part] } {
  const name = conveyorClasses[label]!;
  const long = name.startsWith("screw");
  const metal = pick(random, metals);
  const wear = 0.85 + 0.3 * random.uniform();
  const radius = within(random, hard.radius) * (long ? hard.screwLength : 1);
  const shape = drawShape(random, name, hard);
  const turn = direction(random);
  const lamp = direction(random);
  const height = 0.7 + 0.8 * random.uniform();
  const norm = Math.sqrt(1 + height * height);
  const reflectance = within(random, hard.belt);
  const hue = pick(random, belts);
  const exposure = within(random, hard.exposure);
  const tinted = (): number => exposure * (1 + hard.tint * (2 * random.uniform() - 1));
  const scene: Scene & { parts: [Part] } = {
    parts: [
      {
        shape,
        extent: 1.15 + (name === "screw-bent" ? hard.bend[1] : 0),
        x: size / 2 + hard.offset * (2 * random.uniform() - 1),
        y: size / 2 + hard.offset * (2 * random.uniform() - 1),
        radius,
        turn,
        tilt: long ? 1 : within(random, hard.tilt),
        bevel: long ? 0.2 : 0.1 + 0.08 * random.uniform(),
        steepness: 0.5 + 0.6 * random.uniform(),
        colour: [metal[0] * wear, metal[1] * wear, metal[2] * wear],
        shine: 0.2 + 0.7 * random.uniform(),
      },
    ],
    belt: {
      colour: [hue[0] * reflectance, hue[1] * reflectance, hue[2] * reflectance],
      texture: within(random, hard.texture),
      lattice: Float64Array.from({ length: 81 }, () => 2 * random.uniform() - 1),
      rib: {
        period: 4 + 10 * random.uniform(),
        phase: 14 * random.uniform(),
        depth: 0.3 * random.uniform() * random.uniform(),
      },
      marks: drawMarks(random, hard, size),
    },
    light: {
      x: lamp.x / norm,
      y: lamp.y / norm,
      z: height / norm,
      key: within(random, hard.keyLight),
      ambient: within(random, hard.ambient),
      fall: within(random, hard.lightFall),
      shadow: within(random, hard.shadow),
      reach: (1 + 2 * random.uniform()) / height,
    },
    camera: {
      defocus: within(random, hard.defocus),
      motion: within(random, hard.motion),
      noise: within(random, hard.noise),
      gain: [tinted(), tinted(), tinted()],
    },
  };
  return scene;
}

function drawShape(random: Random, name: string, hard: Difficulty): Shape {
  const a = random.uniform();
  const b = random.uniform();
  switch (name) {
    case "washer":
      return washer(0.42 + 0.24 * a);
    case "bearing":
      return bearing(pick(random, counts));
    case "nut":
      return nut(0.4 + 0.14 * a);
    case "nut-cracked":
      return nut(0.4 + 0.14 * a, {
        at: direction(random),
        width: within(random, hard.crack),
        kink: 0.16 * (b - 0.5),
      });
    case "gear":
      return gear(pick(random, counts), 0.18 + 0.2 * a, 0, 0);
    case "gear-broken": {
      const [least, most] = hard.lostTeeth;
      const lost = least + random.integer(most - least + 1);
      return gear(pick(random, counts), 0.18 + 0.2 * a, lost, within(random, hard.stub));
    }
    default: {
      const side = random.uniform() < 0.5 ? -1 : 1;
      const bend = name === "screw-bent" ? side * within(random, hard.bend) : 0;
      return screw({
        head: 0.32 + 0.12 * a,
        shaft: 0.15 + 0.06 * b,
        countersunk: random.uniform() < 0.5,
        threads: 3.4 + 1.6 * random.uniform(),
        bend,
      });
    }
  }
}

/** Scratches (long, thin) and crumbs (short, thick) on the belt. */
function drawMarks(random: Random, hard: Difficulty, size: number): Segment[] {
  const scratches = random.integer(hard.scratches + 1);
  const crumbs = random.integer(hard.crumbs + 1);
  return Array.from({ length: scratches + crumbs }, (_, i) => {
    const along = direction(random);
    const length = i < scratches ? 6 + 16 * random.uniform() : 0.5 + random.uniform();
    return {
      x: size * random.uniform(),
      y: size * random.uniform(),
      dx: along.x * length,
      dy: along.y * length,
      half: i < scratches ? 0.15 + 0.2 * random.uniform() : 0.4 + 0.7 * random.uniform(),
      light: i < scratches ? 0.7 + 0.8 * random.uniform() : 0.3 + 2.2 * random.uniform(),
    };
  });
}
