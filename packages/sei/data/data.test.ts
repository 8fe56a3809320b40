import type { DataOptions } from "@split-et-impera/core/study";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseNpy } from "./npy.ts";
import { npyOf } from "./testing/npy.ts";
import { labelOf, normalisePixels, openData, type Dataset } from "./index.ts";

const cifarFolder = fileURLToPath(new URL("../../../../shared/data/cifar-10-batches-bin", import.meta.url));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-data-"));
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
};

const options = (format: DataOptions["format"], more: Partial<DataOptions> = {}): DataOptions => ({
  format,
  path: folder,
  normalise: { mean: [], std: [] },
  layout: "NCHW",
  limit: { test: 1000, train: 1000 },
  ...more,
});

const labels = (data: Dataset): number[] => Array.from({ length: data.count }, (_, i) => labelOf(data, i));

describe("normalisation", () => {
  const shape = { height: 1, width: 2, channels: 3 };
  const pixels = Uint8Array.of(0, 51, 102, 255, 204, 153);
  const normalise = { mean: [0, 0.2, 0.5], std: [1, 0.5, 0.25] };
  test("in both layouts", () => {
    const hwc = [0, 0, -0.4, 1, 1.2, 0.4];
    const planes = [0, 3, 1, 4, 2, 5].map((i) => hwc[i]!);
    const close = (found: Float32Array, wanted: number[]): void =>
      wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 6));
    close(normalisePixels(pixels, shape, normalise, "NHWC"), hwc);
    close(normalisePixels(pixels, shape, normalise, "NCHW"), planes);
  });
  test("must fit the channels", async () => {
    const wrong = options("conveyor", { normalise: { mean: [0, 0], std: [1] } });
    await expect(openData(wrong, "test")).rejects.toThrow("data.normalise.mean: expected 1 or 3 numbers");
    const zero = options("conveyor", { normalise: { mean: [], std: [1, 0, 1] } });
    await expect(openData(zero, "test")).rejects.toThrow("expected positive finite numbers, got 0");
  });
});

test("conveyor: limits, and batches that are the pixels", async () => {
  const data = await openData(options("conveyor", { limit: { test: 5, train: 7 } }), "train");
  expect([data.count, data.classes.length]).toEqual([7, 8]);
  const batch = data.batch([6, 2]);
  expect(batch.dims).toEqual([2, 3, 32, 32]);
  const second = data.image!.pixels(2);
  expect(batch.data[3072]).toBe(Math.fround(second[0]! / 255));
  expect(batch.data[3072 + 1024 + 1]).toBe(Math.fround(second[4]! / 255));
  await expect(openData(options("conveyor", { limit: { test: 0, train: 1 } }), "test")).rejects.toThrow(
    "data.limit.test: expected a whole number of at least 1, got 0",
  );
});

describe("cifar10", () => {
  const record = (label: number, value: number): number[] => [
    label,
    ...Array.from({ length: 3072 }, (_, i) => (value + Math.floor(i / 1024)) & 255),
  ];

  test("reads records, planes to pixels, in the files' order and up to the limit", async () => {
    await put("data_batch_1.bin", Uint8Array.from([...record(3, 10), ...record(1, 20)]));
    await put("data_batch_2.bin", Uint8Array.from(record(9, 30)));
    await put("test_batch.bin", Uint8Array.from(record(7, 40)));
    await put("batches.meta.txt", `${"abcdefghij".split("").join("\n")}\n\n`);
    const train = await openData(options("cifar10"), "train");
    expect(labels(train)).toEqual([3, 1, 9]);
    expect(train.classes[3]).toBe("d");
    expect([...train.image!.pixels(1).subarray(0, 6)]).toEqual([20, 21, 22, 20, 21, 22]);
    expect(labels(await openData(options("cifar10", { limit: { test: 9, train: 2 } }), "train"))).toEqual([3, 1]);
    expect(labels(await openData(options("cifar10"), "test"))).toEqual([7]);
  });

  test("says what is wrong", async () => {
    await expect(openData(options("cifar10"), "test")).rejects.toThrow(/expected test_batch\.bin, got none/);
    await put("test_batch.bin", Uint8Array.from(record(7, 40).slice(0, 3000)));
    await expect(openData(options("cifar10"), "test")).rejects.toThrow(/records of 3073 bytes, got 3000 bytes/);
    await put("test_batch.bin", Uint8Array.from([...record(7, 40), ...record(10, 1)]));
    await expect(openData(options("cifar10"), "test")).rejects.toThrow(/labels below 10, got 10 in record 1/);
    await expect(openData(options("cifar10", { path: join(folder, "absent") }), "test")).rejects.toThrow(
      /nothing there/,
    );
    const path = undefined;
    await expect(openData(options("cifar10", { path }), "test")).rejects.toThrow(/data\.path: expected/);
  });

  test.skipIf(!existsSync(cifarFolder))("the real images, where they are at hand", async () => {
    const count = 2000;
    const limit = { test: count, train: 1 };
    const data = await openData(options("cifar10", { path: cifarFolder, layout: "NHWC", limit }), "test");
    expect(data.count).toBe(count);
    expect(new Set(labels(data)).size).toBe(10);
    const batch = data.batch(labels(data).map((_, i) => i)).data;
    const means = [0, 0, 0];
    batch.forEach((value, i) => (means[i % 3]! += value / (count * 1024)));
    // The channel means that are published with the data set; swapped channels or planes would miss them.
    [0.4914, 0.4822, 0.4465].forEach((mean, c) => expect(Math.abs(means[c]! - mean)).toBeLessThan(0.012));
    // Neighbours are alike only when rows and columns are where they belong.
    const { pixels } = data.image!;
    const jump = (step: number): number => {
      let sum = 0;
      for (let n = 0; n < 50; n++) for (let i = 0; i < 2900; i++) sum += Math.abs(pixels(n)[i]! - pixels(n)[i + step]!);
      return sum;
    };
    expect(jump(3)).toBeLessThan(0.6 * jump(3 * 16));
    expect(jump(96)).toBeLessThan(0.6 * jump(3 * 16));
  });
});

describe("idx", () => {
  const idx = (dims: number[], values: number[]): Uint8Array => {
    const header = new DataView(new ArrayBuffer(4 + 4 * dims.length));
    header.setUint32(0, 0x800 + dims.length);
    dims.forEach((dim, i) => header.setUint32(4 + 4 * i, dim));
    return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
  };

  test("plain and gzip", async () => {
    await put("train-images-idx3-ubyte", idx([2, 1, 2], [1, 2, 3, 4]));
    await put("train-labels-idx1-ubyte", idx([2], [4, 0]));
    await put("t10k-images-idx3-ubyte.gz", gzipSync(idx([1, 1, 2], [9, 8])));
    await put("t10k-labels-idx1-ubyte.gz", gzipSync(idx([1], [2])));
    const train = await openData(options("idx"), "train");
    const test = await openData(options("idx"), "test");
    expect([labels(train), labels(test)]).toEqual([[4, 0], [2]]);
    expect(test.classes).toEqual(["0", "1", "2", "3", "4"]);
    expect([...test.image!.pixels(0)]).toEqual([9, 8]);
    expect(train.batch([1]).dims).toEqual([1, 1, 1, 2]);
    await put("classes.txt", "a\nb\n");
    await expect(openData(options("idx"), "test")).rejects.toThrow(/labels below 2, as classes\.txt has, got 2/);
  });

  test("says what is wrong", async () => {
    const fails = (message: RegExp): Promise<void> =>
      expect(openData(options("idx"), "train")).rejects.toThrow(message);
    await fails(/expected train-images-idx3-ubyte/);
    await put("train-images-idx3-ubyte", idx([2, 1, 2], [1, 2, 3]));
    await fails(/expected train-labels-idx1-ubyte/);
    await put("train-labels-idx1-ubyte", idx([2, 1], [4, 0]));
    await fails(/train-labels.*magic number 0x00000801 .*got 0x00000802/);
    await put("train-labels-idx1-ubyte", idx([2], [4, 0]));
    await fails(/train-images.*expected 4 bytes for 2 x 1 x 2, got 3/);
    await put("train-images-idx3-ubyte", idx([3, 1, 1], [1, 2, 3]));
    await fails(/expected 3 labels/);
    await put("train-images-idx3-ubyte", idx([4e9, 4e9, 4e9], [1]));
    await fails(/got 1$/);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await put("train-images-idx3-ubyte.gz", gzipSync(idx([2, 1, 1], [1, 2])).subarray(0, 20));
    await fails(/train-images.*whole gzip file/);
  });
});

describe("image folders", () => {
  const picture = (value: number, width = 4, channels: 1 | 3 = 3): Sharp =>
    sharp(Buffer.alloc(3 * width * channels, value), { raw: { width, height: 3, channels } }).toColourspace(
      channels === 1 ? "b-w" : "srgb",
    );
  const bolts = Array.from({ length: 10 }, (_, i) => 10 + i);

  test("a seeded split whose parts never overlap, also under limits", async () => {
    for (const value of bolts) {
      await put(`bolt/${value}.png`, await picture(value).png().toBuffer());
      await put(
        `nut/${value}.png`,
        await picture(100 + value)
          .png()
          .toBuffer(),
      );
    }
    const seen = async (split: "train" | "test", limit: number): Promise<number[]> => {
      const data = await openData(options("images", { limit: { train: limit, test: limit } }), split);
      return labels(data).map((label, i) => {
        const [value] = data.image!.pixels(i);
        expect(label).toBe(value! < 100 ? 0 : 1);
        return value!;
      });
    };
    const [train, test] = [await seen("train", 100), await seen("test", 100)];
    expect([train.length, test.length]).toEqual([16, 4]);
    expect(new Set([...train, ...test]).size).toBe(20);
    expect(await seen("train", 5)).toEqual(train.slice(0, 5));
    expect(await seen("test", 2)).toEqual(test.slice(0, 2));
  });

  test("train/ and test/ as they stand, JPEG and PNG, sizes made alike", async () => {
    await put("train/a/1.png", await picture(200).png().toBuffer());
    await put("train/b/1.jpg", await picture(50, 8).jpeg().toBuffer());
    await put("test/b/2.jpeg", await picture(60, 2, 1).jpeg().toBuffer());
    const train = await openData(options("images"), "train");
    const test = await openData(options("images"), "test");
    expect(train.count + test.count).toBe(3);
    expect(test.classes).toEqual(["a", "b"]);
    expect(labels(test)).toEqual([1]);
    expect(test.image).toMatchObject({ height: 3, width: 4, channels: 3 });
    for (const value of test.image!.pixels(0)) expect(Math.abs(value - 60)).toBeLessThan(3);
    const small = await openData(options("images", { input: [3, 2, 2] }), "test");
    expect(small.image!.pixels(0)).toHaveLength(12);
  });

  test("grey images have one channel", async () => {
    await put("a/1.png", await picture(1, 4, 1).png().toBuffer());
    await put("a/2.png", await picture(2, 4, 1).png().toBuffer());
    const data = await openData(options("images", { layout: "NHWC" }), "train");
    expect(data.batch([0]).dims).toEqual([1, 3, 4, 1]);
  });

  test("says what is wrong", async () => {
    const fails = (message: RegExp): Promise<void> =>
      expect(openData(options("images"), "train")).rejects.toThrow(message);
    await fails(/one folder per class/);
    await put("a/readme.txt", "x");
    await fails(/pictures \(\.jpg, .*\), got other files only/);
    const whole = await sharp(Buffer.alloc(64 * 64 * 3, 7), { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    await put("a/1.jpg", whole.subarray(0, whole.length / 2));
    await put("a/2.jpg", whole);
    await put("a/3.jpg", whole);
    await fails(/1\.jpg: expected a whole picture .*, got one that is cut short/);
    await put("train/a/1.jpg", whole);
    await fails(/both train\/ and test\//);
    await put("test/z/1.jpg", whole);
    await expect(openData(options("images"), "test")).rejects.toThrow(/one of the classes \(a\), got "z"/);
  });
});

describe("npy", () => {
  const npy = npyOf;
  const f4 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
  const i8 = (...values: number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);

  test("float features in C and Fortran order, labels of any integer type", async () => {
    await put("x_train.npy", npy("<f4", [3, 2], f4(1, 2, 3, 4, 5, 6)));
    await put("y_train.npy", npy("<i8", [3], i8(0, 2, 1)));
    await put("x_test.npy", npy("<f4", [3, 2], f4(1, 3, 5, 2, 4, 6), true));
    await put("y_test.npy", npy(">i4", [3, 1], Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3)));
    const [train, test] = [await openData(options("npy"), "train"), await openData(options("npy"), "test")];
    expect(test.batch([2, 0])).toEqual(train.batch([2, 0]));
    expect([...train.batch([1]).data]).toEqual([3, 4]);
    expect([labels(train), labels(test)]).toEqual([
      [0, 2, 1],
      [1, 0, 3],
    ]);
    expect(train.classes).toHaveLength(4);
    expect(train.image).toBeUndefined();
  });

  test("one pair of arrays is split without overlap; an .npz holds them, deflated", async () => {
    const x = npy("<f8", [10, 1], new Uint8Array(Float64Array.from({ length: 10 }, (_, i) => i).buffer));
    const y = npy(
      "|u1",
      [10],
      Uint8Array.from({ length: 10 }, (_, i) => i),
    );
    const path = await put("all.npz", zipSync({ "x.npy": x, "y.npy": [y, { level: 0 }] }));
    const open = (split: "train" | "test"): Promise<Dataset> => openData(options("npy", { path }), split);
    const [train, test] = [await open("train"), await open("test")];
    expect([train.count, test.count]).toEqual([8, 2]);
    const all = [...labels(train), ...labels(test)];
    expect(new Set(all).size).toBe(10);
    expect([...train.batch([0, 1]).data]).toEqual(labels(train).slice(0, 2));
  });

  test("bytes are images, planar or not", async () => {
    const planar = Uint8Array.from({ length: 24 }, (_, i) => i);
    await put("x_train.npy", npy("|u1", [2, 3, 2, 2], planar));
    await put("y_train.npy", npy("|u1", [2], Uint8Array.of(0, 1)));
    const data = await openData(options("npy"), "train");
    expect([...data.image!.pixels(1)]).toEqual([12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23]);
    const back = data.batch([0, 1]).data.map((value) => Math.round(value * 255));
    expect([...back]).toEqual([...planar]);
  });

  test("other usual names, in a folder's one .npz too; val stands for a missing test", async () => {
    const one = (value: number): Uint8Array => npy("<f4", [2, 1], f4(value, value));
    const y = npy("|u1", [2], Uint8Array.of(0, 1));
    await put(
      "set.npz",
      zipSync({ "train_images.npy": one(1), "train_labels.npy": y, "val_images.npy": one(2), "val_labels.npy": y }),
    );
    const [train, test] = [await openData(options("npy"), "train"), await openData(options("npy"), "test")];
    expect([train.batch([0]).data[0], test.batch([0]).data[0]]).toEqual([1, 2]);
    expect(test.notes).toEqual(["val_images is taken for testing, since there is no test array"]);
    for (const [x, labels] of [
      ["X_train", "y_train"],
      ["trainX", "trainY"],
      ["train-data", "train-targets"],
    ]) {
      const path = await put("named.npz", zipSync({ [`${x}.npy`]: one(3), [`${labels}.npy`]: y }));
      expect((await openData(options("npy", { path }), "train")).batch([1]).data[0]).toBe(3);
    }
    const path = await put(
      "keras.npz",
      zipSync({ "arr_0.npy": npy("<f4", [5, 1], f4(0, 1, 2, 3, 4)), "arr_1.npy": npy("|u1", [5], new Uint8Array(5)) }),
    );
    expect((await openData(options("npy", { path }), "train")).count).toBe(4);
  });

  test("every type keeps its size and its values, in either byte order", async () => {
    const cases: [string, ArrayBufferView, number[]][] = [
      ["|i1", Int8Array.of(-3, 100), [-3, 100]],
      ["|b1", Uint8Array.of(0, 1), [0, 1]],
      ["<u2", Uint16Array.of(7, 65_535), [7, 65_535]],
      [">i2", Uint8Array.of(0xff, 0xfe, 1, 0), [-2, 256]],
      ["<i4", Int32Array.of(-70_000, 5), [-70_000, 5]],
      ["<u4", Uint32Array.of(4e9, 5), [4e9, 5]],
      [">f4", Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0), [1, -2]],
      ["<f2", Uint16Array.of(0x3c00, 0xc100), [1, -2.5]],
      ["<f8", Float64Array.of(0.1, -2), [0.1, -2]],
      ["<i8", BigInt64Array.of(-5n, 2n ** 40n), [-5, 2 ** 40]],
    ];
    for (const [descr, values, expected] of cases) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const { data } = parseNpy(npy(descr, [2], bytes), descr);
      expect([...data]).toEqual(expected);
      expect(data.byteLength).toBeLessThanOrEqual(2 * bytes.length);
    }
  });

  test("zeros that pack well do not grow: an array is bounded by what it becomes", async () => {
    const zeros = npy("|i1", [1, 3000, 1000], new Uint8Array(3_000_000));
    expect(parseNpy(zeros, "zeros").data.byteLength).toBe(3_000_000);
    const many = 10_000_001;
    const path = await put(
      "many.npz",
      zipSync({
        "x.npy": npy("|i1", [many, 1], new Uint8Array(many)),
        "y.npy": npy("|i1", [many], new Uint8Array(many)),
      }),
    );
    await expect(openData(options("npy", { path }), "test")).rejects.toThrow(
      /from 2 to 10000000 rows to split, got 10000001/,
    );
    expect(() => parseNpy(npy("<f2", [2 ** 30], new Uint8Array(4)), "half")).toThrow(/at most 2 GiB/);
  });

  test("16-bit pictures are scaled as pixels are, and that is said", async () => {
    const bytes = new Uint8Array(Uint16Array.of(0, 65_535, 13_107, 0, 0, 0, 0, 300).buffer);
    await put("x_test.npy", npy("<u2", [2, 2, 2], bytes));
    await put("y_test.npy", npy("|u1", [2], Uint8Array.of(0, 1)));
    const data = await openData(options("npy", { input: [1, 2, 2] }), "test");
    expect(data.image).toBeUndefined();
    expect(data.batch([0]).dims).toEqual([1, 1, 2, 2]);
    [0, 1, 0.2, 0].forEach((x, i) => expect(data.batch([0]).data[i]).toBeCloseTo(x, 6));
    expect(data.notes).toEqual(["x_test holds unsigned 16-bit numbers from 0 to 65535; they are divided by 65535"]);
  });

  test("NaN is refused with its row, where the row is used", async () => {
    await put("x_test.npy", npy("<f4", [3, 2], f4(1, 2, 3, 4, 5, Number.NaN)));
    await put("y_test.npy", npy("|u1", [3], Uint8Array.of(0, 1, 0)));
    await expect(openData(options("npy"), "test")).rejects.toThrow(
      /x_test\.npy: expected finite numbers, got NaN in row 2 \(its value number 1\)/,
    );
    expect((await openData(options("npy", { limit: { test: 2, train: 1 } }), "test")).count).toBe(2);
  });

  test("says what is wrong", async () => {
    const y = npy("|u1", [2], Uint8Array.of(0, 1));
    const fails = async (x: Uint8Array, message: RegExp, labels = y): Promise<void> => {
      await put("x_test.npy", x);
      await put("y_test.npy", labels);
      await expect(openData(options("npy"), "test")).rejects.toThrow(message);
    };
    const good = npy("<f4", [2, 1], f4(1, 2));
    await fails(
      good.subarray(0, good.length - 1),
      /x_test\.npy: expected 8 bytes for shape \(2, 1\) of type f4, got 7/,
    );
    await fails(
      Uint8Array.from(good, (byte, i) => (i === 0 ? 0 : byte)),
      /starting with/,
    );
    await fails(npy("|O", [2, 1], f4(1, 2)), /expected numbers .*got '\|O'/);
    await fails(npy("<f4", [2 ** 40, 2 ** 40], f4(1, 2)), /at most 2 GiB/);
    await fails(npy("<f4", [3, 1], f4(1, 2, 3)), /expected 3 labels/);
    await fails(good, /whole numbers from 0/, npy("<f4", [2], f4(0, 1.5)));
    await fails(npy("|u1", [2, 5, 2, 2], new Uint8Array(40)), /1 or 3 channels/);
    await fails(
      Uint8Array.from(good, (byte, i) => (i === 9 ? 255 : byte)),
      /header of at most 65536 bytes/,
    );
    await fails(good, /arrays x_train.*got x_test|labels of shape/, npy("|u1", [1, 2], Uint8Array.of(0, 1)));
    const archive = zipSync({ "x.npy": good, "y.npy": y });
    const open = (path: string): Promise<Dataset> => openData(options("npy", { path }), "train");
    await expect(open(await put("a.npz", archive.subarray(0, archive.length - 30)))).rejects.toThrow(/cut short/);
    const flipped = archive.slice();
    flipped[30 + "x.npy".length + 40]! ^= 1;
    await expect(open(await put("b.npz", flipped))).rejects.toThrow(/b\.npz \([xy]\.npy\): expected/);
    await expect(open(await put("c.npy", good))).rejects.toThrow(/one array without labels/);
  });
});

test("colours are fed in the order that the model was trained with, mean and deviation in that order", () => {
  const shape = { height: 1, width: 2, channels: 3 };
  const pixels = Uint8Array.of(255, 0, 51, 0, 255, 102);
  const normalise = { mean: [0, 0, 0.5], std: [1, 1, 0.5], channels: "BGR" as const };
  const planes = normalisePixels(pixels, shape, normalise, "NCHW");
  const expected = [0.2, 0.4, 0, 1, 1, -1];
  planes.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  const rows = normalisePixels(pixels, shape, normalise, "NHWC");
  [0.2, 0, 1, 0.4, 1, -1].forEach((value, i) => expect(rows[i]).toBeCloseTo(value, 6));
});
