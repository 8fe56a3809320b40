/** @file Augmentation: what may change in an image, and that seeds alone decide. */
import { expect, it } from "vitest";
import { augmentedBatch, type Augmentation } from "./augment.ts";
import { imageDataset } from "./dataset.ts";

const side = 16;
const options = { normalise: { mean: [0], std: [1 / 255] }, layout: "NHWC" as const };
/** Sixteen pictures of one colour each, brighter from left to right by one. */
const data = imageDataset(
  {
    name: "ramps",
    classes: ["ramp"],
    shape: { height: side, width: side, channels: 3 },
    count: 16,
    pixels: (index) =>
      Uint8Array.from(
        { length: side * side * 3 },
        (_, i) => 60 + 5 * index + 20 * (i % 3) + (Math.floor(i / 3) % side),
      ),
    annotation: () => ({ label: 0 }),
  },
  options,
);
const all = Uint32Array.from({ length: 16 }, (_, i) => i);
const made = (kinds: readonly Augmentation[], seed = 1): number[][] => {
  const { data: values } = augmentedBatch(data, all, options, seed, kinds);
  return Array.from(all, (i) =>
    Array.from(values.subarray(i * side * side * 3, (i + 1) * side * side * 3), Math.round),
  );
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it("leaves images alone where nothing is asked, and is the same for the same seed", () => {
  expect(made([])).toEqual(Array.from(all, (i) => [...data.image!.pixels(i)]));
  expect(made(["mirror", "shift", "colour"])).toEqual(made(["mirror", "shift", "colour"]));
  expect(made(["colour"], 2)).not.toEqual(made(["colour"]));
});

it("mirrors about half of the images", () => {
  const rising = made(["mirror"]).map((image) => image[3]! > image[0]!);
  expect(rising.filter(Boolean).length).toBeGreaterThan(3);
  expect(rising.filter((up) => !up).length).toBeGreaterThan(3);
});

it("shifts by up to an eighth of the side", () => {
  const shifts = made(["shift"]).map((image, i) => image[3 * 8]! - (60 + 5 * i + 8));
  expect(new Set(shifts).size).toBeGreaterThan(2);
  expect(Math.max(...shifts.map(Math.abs))).toBe(2);
});

it("changes brightness, contrast and saturation by up to a quarter, and keeps positions", () => {
  const before = made([]);
  const after = made(["colour"]);
  after.forEach((image, i) => {
    const ratio = mean(image) / mean(before[i]!);
    expect(ratio).toBeGreaterThan(0.74);
    expect(ratio).toBeLessThan(1.26);
    expect(image[3 * 15]).toBeGreaterThan(image[0]!);
    // What lies between the strongest and the weakest channel, after contrast and saturation.
    const spread = (image[2]! - image[0]!) / 40;
    expect(spread).toBeGreaterThan(0.75 ** 3 - 0.05);
    expect(spread).toBeLessThan(1.25 ** 3 + 0.05);
  });
  expect(new Set(after.map((image, i) => (mean(image) / mean(before[i]!)).toFixed(2))).size).toBeGreaterThan(6);
});
