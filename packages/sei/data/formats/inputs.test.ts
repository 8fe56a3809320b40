/** @file Tables whose columns are inputs of a model: numbers, lists, arrays in files, pictures. */
import type { DataOptions, WantedInput } from "@split-et-impera/core/study";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openData, type Dataset } from "../index.ts";
import { npyOf } from "../testing/npy.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-inputs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const want = (name: string, type: WantedInput["type"], dims: number[], column?: string): WantedInput => ({
  name,
  type,
  dims,
  ...(column !== undefined && { column }),
});

function open(wants: WantedInput[], more: Partial<DataOptions> = {}): Promise<Dataset> {
  const options = { format: "table", path: folder, normalise: { mean: [], std: [] }, layout: "NCHW" as const };
  return openData({ ...options, limit: { test: 10, train: 10 }, wants, ...more }, "test", { unlabelled: true });
}

const grey = (value: number): Promise<Buffer> =>
  sharp({ create: { width: 6, height: 6, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer();

test("a picture that rows are of, another picture, numbers and an array beside it", async () => {
  const rows = ["file,right,age,place,spectrum,split"];
  for (let i = 0; i < 4; i++) {
    await writeFile(join(folder, `l${i}.png`), await grey(10 * i));
    await writeFile(join(folder, `r${i}.png`), await grey(10 * i + 5));
    const spectrum = Float32Array.of(i, i + 0.5);
    await writeFile(join(folder, `s${i}.npy`), npyOf("<f4", [1, 2], new Uint8Array(spectrum.buffer)));
    rows.push(`l${i}.png,r${i}.png,${20 + i},"[${i}, 1.5]",s${i}.npy,test`);
  }
  await writeFile(join(folder, "labels.csv"), rows.join("\n"));
  const data = await open(
    [
      want("left", "float32", [3, 4, 4]),
      want("right", "float32", [3, 4, 4]),
      want("age", "float32", []),
      want("at", "float32", [2], "place"),
      want("spectrum", "float32", [1, 2]),
      want("other", "float32", [7]),
    ],
    { input: [3, 4, 4] },
  );
  expect([data.count, data.image!.width, [...data.inputs!.keys()]]).toEqual([4, 4, ["right", "age", "at", "spectrum"]]);
  const of = (name: string, index: number): number[] => Array.from(data.inputs!.get(name)!.batch([index]));
  const order = [0, 1, 2, 3].map((i) => Math.round(255 * data.batch([i]).data[0]!) / 10);
  for (const [index, row] of order.entries()) {
    expect(of("right", index)[0]).toBeCloseTo((10 * row + 5) / 255, 5);
    expect(of("age", index)).toEqual([20 + row]);
    expect(of("at", index)).toEqual([row, 1.5]);
    expect(of("spectrum", index)).toEqual([row, row + 0.5]);
  }
  expect(data.inputs!.get("right")!.dims).toEqual([3, 4, 4]);
  expect(data.inputs!.get("spectrum")!.dims).toEqual([1, 2]);
});

test("tokens alone, filled up to the length of the input, which is said", async () => {
  const lines = [
    { ids: [5, 7, 9], mask: [1, 1, 1], split: "test" },
    { ids: [4], mask: [1], split: "test" },
    { ids: [1, 2, 3, 4, 5, 6], mask: [1, 1, 1, 1, 1, 1], split: "test" },
  ];
  await writeFile(join(folder, "data.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const data = await open([want("input_ids", "int64", [4], "ids"), want("mask", "int64", [4])]);
  expect(data.image).toBeUndefined();
  expect(data.count).toBe(3);
  const all = Array.from({ length: 3 }, (_, i) => Array.from(data.inputs!.get("input_ids")!.batch([i])));
  expect(all.toSorted((a, b) => a[0]! - b[0]!)).toEqual([
    [1, 2, 3, 4],
    [4, 0, 0, 0],
    [5, 7, 9, 0],
  ]);
  expect(data.notes).toContain(
    'of 3 rows for the input "input_ids" 2 are filled up with zeros to 4 numbers, and 1 are cut',
  );
});

test("what a column lacks is said with its row", async () => {
  await writeFile(join(folder, "data.csv"), "pose,split\n1 2,test\n1 2 3,test\n");
  await expect(open([want("pose", "float32", [2])])).rejects.toThrow(
    /data\.csv:3, column pose: expected 2 numbers for the input "pose", got 3/,
  );
  await expect(open([want("pose", "float32", [2], "posture")])).rejects.toThrow(
    /data\.csv: expected a column "posture" for the input "pose", as data\.inputs has it, got pose, split/,
  );
});
