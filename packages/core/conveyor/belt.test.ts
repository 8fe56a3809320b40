import { expect, test } from "vitest";
import { beltClasses, beltImage, beltSize, beltThings } from "./index.ts";

const pictures = Array.from({ length: 60 }, (_, i) => beltThings(3, "train", i));

test("a picture depends on seed, split and index alone, whatever was drawn before", () => {
  const first = beltImage(1, "train", 17);
  beltImage(1, "train", 3);
  expect(beltImage(1, "train", 17)).toEqual(first);
  expect(beltThings(1, "train", 17)).toEqual(first.things);
  expect(first.pixels).toHaveLength(beltSize * beltSize * 3);
  expect(beltImage(2, "train", 17).pixels).not.toEqual(first.pixels);
  expect(beltImage(1, "test", 17).pixels).not.toEqual(first.pixels);
});

// New pictures are a new data set: take the new sum then, and train again what was trained on the old one.
test("the pictures have not changed by a bit since this checksum was taken", () => {
  let sum = 0x811c9dc5;
  for (let i = 0; i < 8; i++) {
    const { pixels, things } = beltImage(1, "test", i);
    for (const byte of [...pixels, ...things.flatMap(({ label, box }) => [label, ...box])])
      sum = Math.imul(sum ^ byte, 0x01000193);
  }
  expect(sum >>> 0).toBe(3958040475);
});

test("every class lies somewhere, one part in a picture or several", () => {
  const counts = new Set(pictures.map((things) => things.length));
  expect(counts).toEqual(new Set([1, 2, 3, 4]));
  const labels = new Set(pictures.flat().map(({ label }) => label));
  expect(labels.size).toBe(beltClasses.length);
});

test("parts are whole in the picture and apart from each other, and boxes are those of their pixels", () => {
  for (const things of pictures) {
    const taken = new Uint8Array(beltSize * beltSize);
    for (const { box, covers } of things) {
      const [left, top, width, height] = box;
      const inside = Array.from(covers.keys()).filter((at) => covers[at] === 1);
      const [xs, ys] = [inside.map((at) => at % beltSize), inside.map((at) => Math.floor(at / beltSize))];
      expect([Math.min(...xs), Math.min(...ys)]).toEqual([left, top]);
      expect([Math.max(...xs) + 1, Math.max(...ys) + 1]).toEqual([left + width, top + height]);
      expect(Math.min(left, top)).toBeGreaterThan(0);
      expect(Math.max(left + width, top + height)).toBeLessThan(beltSize);
      for (const at of inside) expect(taken[at]!++).toBe(0);
    }
  }
});

test("what covers is seen: pictures differ where a part lies from those without it", () => {
  // Parts are brighter or darker than the belt around them, in most pictures by far.
  const apart = pictures.slice(0, 20).flatMap((_, i) => {
    const { pixels, things } = beltImage(3, "train", i);
    const mean = (of: (at: number) => boolean): number => {
      const all = Array.from({ length: beltSize * beltSize }, (__, at) => at).filter(of);
      return all.reduce((sum, at) => sum + pixels[3 * at + 1]!, 0) / all.length;
    };
    const belt = mean((at) => things.every(({ covers }) => covers[at] === 0));
    return things.map(({ covers }) => Math.abs(mean((at) => covers[at] === 1) - belt));
  });
  const sorted = apart.toSorted((a, b) => a - b);
  expect(sorted[sorted.length >> 1]!).toBeGreaterThan(20);
});
