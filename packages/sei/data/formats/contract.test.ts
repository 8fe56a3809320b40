/** @file What every data format must keep to: one suite, run for every row of the table. A row without a case here fails. */
import type { DataOptions } from "@split-et-impera/core/study";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  dataFormats,
  detectFormat,
  fingerprint,
  formatNames,
  openData,
  type Dataset,
  type FormatName,
} from "../index.ts";
import { wavOf } from "../audio/testing/sound-files.ts";
import { npyOf } from "../testing/npy.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-format-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, bytes: Uint8Array | string): Promise<void> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
};

const count = 12;
/** Pixel `k` of image `i` of a split; labels run through three classes. */
const value = (i: number, k: number, test: boolean): number => (i * 17 + k * 5 + (test ? 3 : 0)) % 256;
const bytes = (n: number, at: (k: number) => number): Uint8Array => Uint8Array.from({ length: n }, (_, k) => at(k));
const cifar = (labels: (i: number) => number[], test: boolean): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      Buffer.concat([Buffer.from(labels(i)), bytes(3072, (k) => value(i, k, test))]),
    ),
  );
const idx = (dims: number[], values: Uint8Array): Uint8Array => {
  const head = new DataView(new ArrayBuffer(4 + 4 * dims.length));
  head.setUint32(0, 0x800 + dims.length);
  dims.forEach((dim, i) => head.setUint32(4 + 4 * i, dim));
  return Buffer.concat([new Uint8Array(head.buffer), values]);
};

const splits = [
  ["train", false],
  ["test", true],
] as const;

/** A picture of 4 x 4 pixels. */
const picture = (i: number, isTest: boolean): Promise<Uint8Array> =>
  sharp(
    bytes(48, (k) => value(i, k, isTest)),
    { raw: { width: 4, height: 4, channels: 3 } },
  )
    .png()
    .toBuffer();
const names = ["ant", "bee", "cow"];
const each = Array.from({ length: count }, (_, i) => i);

/** Writes twelve samples of three classes for training and for testing; and a file to cut short. */
const cases: Record<FormatName, { write(): Promise<void>; victim?: string }> = {
  conveyor: { write: () => Promise.resolve() },
  random: { write: () => Promise.resolve() },
  belt: { write: () => Promise.resolve() },
  cifar10: {
    async write() {
      await put(
        "data_batch_1.bin",
        cifar((i) => [i % 3], false),
      );
      await put(
        "test_batch.bin",
        cifar((i) => [i % 3], true),
      );
    },
    victim: "test_batch.bin",
  },
  cifar100: {
    async write() {
      await put(
        "train.bin",
        cifar((i) => [9, i % 3], false),
      );
      await put(
        "test.bin",
        cifar((i) => [9, i % 3], true),
      );
    },
    victim: "test.bin",
  },
  idx: {
    async write() {
      for (const [name, isTest] of [
        ["train", false],
        ["t10k", true],
      ] as const) {
        await put(
          `${name}-images-idx3-ubyte`,
          idx(
            [count, 4, 4],
            bytes(16 * count, (k) => value(k >> 4, k & 15, isTest)),
          ),
        );
        await put(
          `${name}-labels-idx1-ubyte`,
          idx(
            [count],
            bytes(count, (i) => i % 3),
          ),
        );
      }
    },
    victim: "t10k-images-idx3-ubyte",
  },
  npy: {
    async write() {
      for (const [name, isTest] of [
        ["train", false],
        ["test", true],
      ] as const) {
        await put(
          `x_${name}.npy`,
          npyOf(
            "|u1",
            [count, 4, 4, 3],
            bytes(48 * count, (k) => value(Math.floor(k / 48), k % 48, isTest)),
          ),
        );
        await put(
          `y_${name}.npy`,
          npyOf(
            "|u1",
            [count],
            bytes(count, (i) => i % 3),
          ),
        );
      }
    },
    victim: "x_test.npy",
  },
  coco: {
    async write() {
      for (const [name, isTest] of splits) {
        const folder = isTest ? "val2017" : "train2017";
        const truths = {
          images: each.map((id) => ({ id, file_name: `${id}.png`, height: 4, width: 4 })),
          categories: names.map((name, id) => ({ id: id + 1, name })),
          annotations: each.map((i) => ({ image_id: i, category_id: (i % 3) + 1, bbox: [1, 1, 2, 3] })),
        };
        await put(`annotations/instances_${folder}.json`, JSON.stringify(truths));
        for (const i of each) await put(`${folder}/${i}.png`, await picture(i, name === "test"));
      }
    },
    victim: "annotations/instances_val2017.json",
  },
  yolo: {
    async write() {
      await put("classes.txt", names.join("\n"));
      for (const [name, isTest] of splits)
        for (const i of each) {
          await put(`labels/${name}/${i}.txt`, `${i % 3} 0.5 0.5 0.5 0.25\n`);
          await put(`images/${name}/${i}.png`, await picture(i, isTest));
        }
    },
    victim: "images/test/4.png",
  },
  voc: {
    async write() {
      const box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>";
      for (const [name, isTest] of splits) {
        await put(`ImageSets/Main/${name}.txt`, each.map((i) => `${name}${i}`).join("\n"));
        for (const i of each) {
          const object = `<object><name>${names[i % 3]}</name>${box}</object>`;
          await put(`Annotations/${name}${i}.xml`, `<annotation>${object}</annotation>`);
          await put(`JPEGImages/${name}${i}.png`, await picture(i, isTest));
        }
      }
    },
    victim: "JPEGImages/test4.png",
  },
  masks: {
    async write() {
      await put("classes.txt", names.join("\n"));
      for (const [name, isTest] of splits)
        for (const i of each) {
          const mask = sharp(new Uint8Array(16).fill(i % 3), { raw: { width: 4, height: 4, channels: 1 } });
          await put(`masks/${name}/${i}.png`, await mask.toColourspace("b-w").png().toBuffer());
          await put(`images/${name}/${i}.png`, await picture(i, isTest));
        }
    },
    victim: "images/test/4.png",
  },
  audio: {
    async write() {
      const rows = ["file\tlabel\tsplit"];
      for (const [name, isTest] of splits)
        for (const i of each) {
          rows.push(`${name}${i}.wav\t${names[i % 3]}\t${name}`);
          const wave = Array.from({ length: 100 }, (_, k) => value(i, k, isTest) / 256);
          await put(`${name}${i}.wav`, wavOf([wave]));
        }
      await put("labels.tsv", rows.join("\n"));
    },
    victim: "test4.wav",
  },
  table: {
    async write() {
      for (const [name, isTest] of splits) {
        await put(`${name}.csv`, ["file,label", ...each.map((i) => `${name}${i}.png,${names[i % 3]}`)].join("\n"));
        for (const i of each) await put(`${name}${i}.png`, await picture(i, isTest));
      }
    },
    victim: "test4.png",
  },
  images: {
    async write() {
      for (const [name, isTest] of splits)
        for (const i of each) await put(`${name}/class${i % 3}/${i}.png`, await picture(i, isTest));
    },
    victim: "test/class1/4.png",
  },
};

const open = (
  format: FormatName,
  split: "train" | "test",
  more: Partial<DataOptions> = {},
  seed = 1,
): Promise<Dataset> =>
  openData(
    {
      format,
      ...(!("generated" in dataFormats[format]) && { path: folder }),
      normalise: { mean: [], std: [] },
      layout: "NCHW",
      limit: { test: count, train: count },
      ...more,
    },
    split,
    { seed },
  );

const options = { normalise: { mean: [], std: [] }, layout: "NCHW" } as const;
const digest = (data: Dataset): string => fingerprint(data, { normalise: { mean: [], std: [] }, layout: "NCHW" });

describe.each(formatNames)("%s", (format) => {
  const row = dataFormats[format];
  const generated = "generated" in row;
  beforeEach(() => cases[format].write());

  test("is what its path looks like, and says what it is", async () => {
    expect(await detectFormat(generated ? format : folder)).toBe(format);
    expect(row.means).not.toBe("");
    expect(row.about).not.toBe("");
    expect(row.normalise.mean.length).toBe(row.normalise.std.length);
  });

  test("gives the same samples every time, a limit the first of them, and splits that differ", async () => {
    const [train, again, test] = [await open(format, "train"), await open(format, "train"), await open(format, "test")];
    expect([train.count, test.count]).toEqual([count, count]);
    expect(train.name).toBe(`${format} train`);
    expect(digest(again)).toBe(digest(train));
    expect(digest(test)).not.toBe(digest(train));
    const few = await open(format, "train", { limit: { train: 5, test: 5 } });
    expect(few.count).toBe(5);
    for (let i = 0; i < 5; i++) {
      expect(few.annotation(i)).toEqual(train.annotation(i));
      expect(few.batch([i])).toEqual(train.batch([i]));
    }
    const more = await open(format, "train", { limit: { train: 10_000, test: 1 } });
    expect(more.count).toBeGreaterThanOrEqual(count);
  });

  test("labels have names; batches are rows of one shape, in any order", async () => {
    const data = await open(format, "test");
    for (let i = 0; i < data.count; i++) {
      const { label, objects = [], mask } = data.annotation(i);
      const labels = [
        ...(label === undefined ? [] : [label]),
        ...objects.map((one) => one.class),
        ...(mask?.classes ?? []),
      ];
      if (!data.empty) expect(labels).not.toEqual([]);
      for (const one of labels) expect(data.classes[one]).toBeDefined();
    }
    const { dims } = data.batch([0]);
    const some = data.batch([3, 0, 3]);
    expect(some.dims).toEqual([3, ...dims.slice(1)]);
    const size = some.data.length / 3;
    expect(some.data.subarray(size, 2 * size)).toEqual(data.batch([0]).data);
    expect(some.data.subarray(2 * size)).toEqual(some.data.subarray(0, size));
    expect(some.data.every(Number.isFinite)).toBe(true);
    expect(Array.isArray(data.notes)).toBe(true);
  });

  test("pictures are bytes, and batches are their pixels, normalised in either layout", async () => {
    const data = await open(format, "test");
    expect(data.image !== undefined || !row.pictures).toBe(true);
    if (!data.image) return;
    const { height, width, channels, pixels } = data.image;
    expect(pixels(1)).toHaveLength(height * width * channels);
    const last = await open(format, "test", { layout: "NHWC", normalise: { mean: [0.5], std: [0.25] } });
    const found = last.batch([1]);
    expect(found.dims).toEqual([1, height, width, channels]);
    found.data.forEach((x, i) => expect(x).toBeCloseTo((pixels(1)[i]! / 255 - 0.5) / 0.25, 5));
    await expect(open(format, "test", { normalise: { mean: [123.675], std: [58.395] } })).rejects.toThrow(
      /data\.normalise\.mean: expected numbers from 0 to 1.*got 123\.675; 123\.675 of 255 is 0\.485/,
    );
    await expect(open(format, "test", { ...options, normalise: { mean: [0, 0], std: [1] } })).rejects.toThrow(
      /expected 1 or \d numbers for images of \d channels?, got 2/,
    );
  });

  test("what is cut short or not there is one line that names it", async () => {
    const { victim } = cases[format];
    // What has nothing to read gives fewer than are asked for.
    if (format === "random") return;
    if (victim === undefined) {
      await expect(open(format, "test", { limit: { test: 1e9, train: 1 } })).rejects.toThrow(/data\.limit\.test/);
      return;
    }
    await truncate(join(folder, victim), 100);
    await expect(open(format, "test")).rejects.toThrow(
      new RegExp(`${victim.replaceAll(/[./]/g, "[./]")}: expected .*, got `),
    );
    await rm(folder, { recursive: true });
    await expect(open(format, "test")).rejects.toThrow(/expected .*, got nothing there/);
    await expect(detectFormat(folder)).rejects.toThrow(/no such data/);
  });
});
