import { expect, test } from "vitest";
import { conveyorClasses, conveyorDifficulty, conveyorImage, conveyorLabel, conveyorSize } from "./index.ts";
import { gear, nut, screw, washer, type Shape } from "./shapes.ts";

/** FNV-1a over bytes. */
const checksum = (bytes: Iterable<number>): number => {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
};

const deviation = (values: ArrayLike<number>): number => {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b) / list.length;
  return Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length);
};

/** Share of the square -1.3..1.3 that lies inside. */
const area = (shape: Shape): number => {
  let inside = 0;
  for (let i = 0; i < 200; i++) for (let j = 0; j < 200; j++) inside += +(shape(i / 77 - 1.3, j / 77 - 1.3) < 0);
  return inside / 77 ** 2;
};

test("an image depends on seed, split and index alone, whatever was drawn before", () => {
  const first = conveyorImage(1, "train", 17);
  conveyorImage(1, "train", 3);
  expect(conveyorImage(1, "train", 17)).toEqual(first);
  expect(first.pixels).toHaveLength(conveyorSize * conveyorSize * 3);
  expect(first.label).toBe(conveyorLabel(1, "train", 17));
  expect(conveyorImage(2, "train", 17).pixels).not.toEqual(first.pixels);
  expect(conveyorImage(1, "test", 17).pixels).not.toEqual(first.pixels);
});

// A new difficulty is a new data set: take the new sum then, and train again what was trained on the old one.
test("the pictures have not changed by a bit since this checksum was taken", () => {
  const sums = Array.from({ length: 16 }, (_, i) => checksum(conveyorImage(1, "test", i).pixels));
  expect(checksum(sums.flatMap((sum) => [sum & 255, (sum >> 8) & 255, (sum >> 16) & 255, sum >>> 24]))).toBe(
    1575042326,
  );
});

test("classes are balanced in every run of eight, in an order that varies", () => {
  const runs = Array.from({ length: 20 }, (_, run) =>
    Array.from({ length: 8 }, (_, i) => conveyorLabel(5, "train", run * 8 + i)),
  );
  for (const run of runs) expect(run.toSorted((a, b) => a - b)).toEqual(conveyorClasses.map((_, i) => i));
  expect(new Set(runs.map(String)).size).toBeGreaterThan(15);
});

test("pictures are neither flat nor burnt out", () => {
  for (let i = 0; i < 64; i++) {
    const { pixels } = conveyorImage(3, "train", i);
    expect(deviation(pixels)).toBeGreaterThan(4);
    expect(pixels.filter((value) => value === 255).length / pixels.length).toBeLessThan(0.35);
  }
});

test("noise is what the difficulty says: without any, belts are smooth", () => {
  const calm = { ...conveyorDifficulty, noise: [0, 0], texture: [0, 0], crumbs: 0, scratches: 0 } as const;
  const roughness = (pixels: Uint8Array): number => {
    // The corner's differences between neighbours: the belt alone.
    const differences = [];
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) differences.push(pixels[y * 96 + x * 3]! - pixels[y * 96 + x * 3 + 3]!);
    return deviation(differences);
  };
  const mean = (difficulty: typeof conveyorDifficulty): number =>
    Array.from({ length: 32 }, (_, i) => roughness(conveyorImage(4, "train", i, difficulty).pixels)).reduce(
      (a, b) => a + b,
    ) / 32;
  expect(mean(calm)).toBeLessThan(0.35 * mean(conveyorDifficulty));
});

test("areas of the shapes: a ring's is known, defects take some away", () => {
  expect(area(washer(0.5))).toBeCloseTo(Math.PI * 0.75, 1);
  const whole = area(nut(0.5));
  // A regular hexagon of circumradius 1 less the hole; the corners are cut a little.
  expect(whole).toBeGreaterThan((3 * Math.sqrt(3)) / 2 - Math.PI / 4 - 0.15);
  expect(whole).toBeLessThan((3 * Math.sqrt(3)) / 2 - Math.PI / 4 + 0.02);
  const cracked = area(nut(0.5, { at: { x: 1, y: 0 }, width: 0.2, kink: 0.05 }));
  expect(whole - cracked).toBeGreaterThan(0.05);
  expect(whole - cracked).toBeLessThan(0.15);
  const teeth = [0, 1, 2].map((lost) => area(gear(8, 0.3, lost, 0)));
  expect(teeth[0]! - teeth[1]!).toBeGreaterThan(0.03);
  expect(teeth[1]! - teeth[2]!).toBeCloseTo(teeth[0]! - teeth[1]!, 1);
});

test("a bent screw's point lies off the axis, a straight one's on it", () => {
  const form = { head: 0.4, shaft: 0.18, countersunk: true, threads: 4, bend: 0 };
  expect(screw(form)(0.85, 0)).toBeLessThan(0);
  expect(screw({ ...form, bend: 0.5 })(0.85, 0)).toBeGreaterThan(0);
  expect(screw({ ...form, bend: 0.5 })(0.85, 0.5 * (1.55 / 1.7) ** 2)).toBeLessThan(0);
});
