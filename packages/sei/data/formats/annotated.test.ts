/** @file Pictures with truths: what is said moves as the pixels do, and splits that the files do not tell. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataOptions } from "@split-et-impera/core/study";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { classesIn, openData, type Dataset } from "../index.ts";

const count = 10;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-annotated-"));
  // A red square on black, anywhere, of half the height.
  const truths = { images: [] as object[], annotations: [] as object[], categories: [{ id: 4, name: "square" }] };
  for (let i = 0; i < count; i++) {
    const [left, top] = [4 * i, 10];
    const square = sharp({ create: { width: 20, height: 20, channels: 3, background: "red" } }).png();
    await sharp({ create: { width: 80, height: 40, channels: 3, background: "black" } })
      .composite([{ input: await square.toBuffer(), left, top }])
      .png()
      .toFile(join(folder, `${i}.png`));
    truths.images.push({ id: i, file_name: `${i}.png`, width: 80, height: 40 });
    truths.annotations.push({ image_id: i, category_id: 4, bbox: [left, top, 20, 20], area: 400 });
  }
  await writeFile(join(folder, "annotations.json"), JSON.stringify(truths));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (split: "train" | "test", limit: number, more: Partial<DataOptions> = {}): Promise<Dataset> =>
  openData(
    {
      format: "coco",
      path: folder,
      normalise: { mean: [], std: [] },
      layout: "NCHW",
      limit: { test: limit, train: 100 },
      ...more,
    },
    split,
  );

/** The smallest box around what is red. */
function redBox({ image }: Dataset, index: number): number[] {
  const { width, height, pixels } = image!;
  const found = Array.from({ length: width * height }, (_, i) => i).filter((i) => pixels(index)[3 * i]! > 128);
  const [xs, ys] = [found.map((i) => i % width), found.map((i) => Math.floor(i / width))];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) + 1 - left, Math.max(...ys) + 1 - top];
}

test.each<[string, Partial<DataOptions>]>([
  ["letterboxed", { fit: { letterbox: [40] } }],
  ["stretched", { fit: { resize: [40, 40] } }],
  ["cropped", { fit: { resize: [40], crop: [32] } }],
  ["as the model takes it", { input: [3, 20, 30] }],
])("%s, boxes lie where things are", async (_, more) => {
  const data = await open("test", count, more);
  for (let i = 0; i < data.count; i++) {
    const { objects = [], size } = data.annotation(i);
    expect(size).toEqual({ height: data.image!.height, width: data.image!.width });
    for (const { box } of objects) {
      // What is cut to a sliver has no pixel that is red for more than half of it.
      if (box[2] < 1) continue;
      redBox(data, i).forEach((x, k) => expect(Math.abs(x - box[k]!)).toBeLessThanOrEqual(1));
    }
  }
});

test("a picture shows the classes of its objects", async () => {
  const data = await open("test", count);
  expect([0, 9].map((i) => classesIn(data, i))).toEqual([[0], [0]]);
});

test("without splits the first are for testing, the rest for training; where none are left, it is said", async () => {
  const boxes = (data: Dataset): string[] =>
    Array.from({ length: data.count }, (_, i) => JSON.stringify(data.annotation(i).objects![0]!.box));
  const [test, train] = [boxes(await open("test", 4)), boxes(await open("train", 4))];
  expect([test.length, train.length, new Set([...test, ...train]).size]).toEqual([4, 6, 10]);
  expect(boxes(await open("test", 100)).slice(0, 4)).toEqual(test);
  const all = await open("train", 100);
  expect(all.count).toBe(10);
  expect(all.notes).toContain(
    "all 10 pictures are for testing, so training takes the same ones; a data.limit.test below 10 leaves some for training",
  );
});
