/** @file Picture files as people see them, of any size, kind and completeness. */
import type { DataOptions } from "@split-et-impera/core/study";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fittingOf } from "./fit.ts";
import { labelOf, openData, type Dataset } from "./index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-pictures-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, bytes: Uint8Array | string): Promise<void> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
};
const open = (more: Partial<DataOptions> = {}, split: "train" | "test" = "test"): Promise<Dataset> =>
  openData(
    {
      format: "images",
      path: folder,
      normalise: { mean: [], std: [] },
      layout: "NCHW",
      limit: { test: 100, train: 100 },
      ...more,
    },
    split,
  );
const flat = (width: number, height: number, background: string): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });
/** Train and test folders of one class, the test folder with this one file. */
const only = async (name: string, bytes: Uint8Array): Promise<void> => {
  await put("train/a/0.png", await flat(4, 4, "#808080").png().toBuffer());
  await put(`test/a/${name}`, bytes);
};
/** Left half red, right half blue, 8 x 4. */
const halves = (): Sharp =>
  flat(8, 4, "#ff0000").composite([
    { input: { create: { width: 4, height: 4, channels: 3, background: "#0000ff" } }, left: 4, top: 0 },
  ]);
const pixel = (data: Dataset, x: number, y: number): number[] => {
  const { width, channels, pixels } = data.image!;
  return [...pixels(0).subarray((y * width + x) * channels, (y * width + x + 1) * channels)];
};

describe("sizes", () => {
  test("by default pictures cover the model's input, their aspect kept, the middle cut out", async () => {
    await only("1.png", await halves().png().toBuffer());
    const data = await open({ input: [3, 2, 2] });
    expect(data.image).toMatchObject({ height: 2, width: 2, channels: 3 });
    // 8 x 4 becomes 4 x 2, of which the middle is half red, half blue: nothing is squeezed. By a triangle of width 4 the
    // other half weighs an eighth, as with Pillow's and torchvision's bilinear filter.
    expect([pixel(data, 0, 0), pixel(data, 1, 1)]).toEqual([
      [223, 0, 32],
      [32, 0, 223],
    ]);
    expect(data.notes).toEqual([
      "1 of 1 pictures resized to cover 2 x 2 with their aspect kept, the middle cut out (sizes: 4 x 8)",
    ]);
    expect((await open({ input: [3, 4, 8] })).notes).toEqual([]);
  });

  test("resize, crop and letterbox as the study says", async () => {
    await only("1.png", await halves().png().toBuffer());
    const size = async (fit: DataOptions["fit"], input?: number[]): Promise<number[]> => {
      const { height, width } = (await open({ ...(fit && { fit }), ...(input && { input }) })).image!;
      return [height, width];
    };
    expect(await size({ resize: [2, 2] })).toEqual([2, 2]);
    expect(await size({ resize: [2] }, [3, 2, 2])).toEqual([2, 2]);
    expect(await size({ resize: [6], crop: [5, 3] })).toEqual([5, 3]);
    const boxed = await open({ fit: { letterbox: [8] } });
    expect([pixel(boxed, 0, 0), pixel(boxed, 0, 3), pixel(boxed, 7, 4), pixel(boxed, 7, 7)]).toEqual([
      [114, 114, 114],
      [255, 0, 0],
      [0, 0, 255],
      [114, 114, 114],
    ]);
    const small = await open({ fit: { crop: [6, 8] } });
    expect([pixel(small, 0, 0), pixel(small, 0, 1)]).toEqual([
      [0, 0, 0],
      [255, 0, 0],
    ]);
    await put("test/a/2.png", await flat(4, 8, "#000").png().toBuffer());
    await expect(open({ fit: { resize: [2] } })).rejects.toThrow(/after resizing, as the first has, got .*data\.crop/);
  });

  // torchvision 0.20: Resize(n) of PIL images and CenterCrop, worked by hand from their source.
  test.each([
    [{ height: 375, width: 500 }, { resize: [256], crop: [224] }, { height: 256, width: 341 }, 16, 58],
    [{ height: 500, width: 375 }, { resize: [256], crop: [224] }, { height: 341, width: 256 }, 58, 16],
    [{ height: 5, width: 5 }, { crop: [2] }, { height: 5, width: 5 }, 2, 2],
    [{ height: 7, width: 7 }, { crop: [2] }, { height: 7, width: 7 }, 2, 2],
    [{ height: 96, width: 72 }, { resize: [48, 48] }, { height: 48, width: 48 }, 0, 0],
  ])("%o with %o", (from, fit, scaled, top, left) => {
    expect(fittingOf(from, fit, undefined)).toMatchObject({ scaled, top, left });
  });

  test("without a model no side is above 2048; what is too long and narrow is refused", async () => {
    await put("train/a/0.png", await flat(4096, 64, "#808080").png().toBuffer());
    await put("test/a/1.png", await flat(4096, 64, "#808080").png().toBuffer());
    expect((await open()).image).toMatchObject({ height: 32, width: 2048 });
    await put("test/a/1.png", await flat(5000, 1, "#808080").png().toBuffer());
    await expect(open({ input: [3, 224, 224] })).rejects.toThrow(
      /1\.png: expected a picture that can be brought to 224 x 224, got 1 x 5000, which would be 224 x 1120000 on the way/,
    );
  });

  test("every size is covered to the pixel", () => {
    for (let height = 1; height < 60; height += 3) {
      for (let width = 1; width < 60; width += 7) {
        const { scaled, top, left, to } = fittingOf({ height, width }, {}, { height: 13, width: 29 });
        expect(to).toEqual({ height: 13, width: 29 });
        expect(top >= 0 && top + 13 <= scaled.height && left >= 0 && left + 29 <= scaled.width).toBe(true);
        expect(scaled.height === 13 || scaled.width === 29).toBe(true);
      }
    }
  });
});

describe("kinds", () => {
  const red = (channel: number): void => expect(channel).toBeGreaterThan(225);
  const seen = async (
    name: string,
    bytes: Uint8Array,
    more: Partial<DataOptions> = { input: [3, 4, 8] },
  ): Promise<Dataset> => {
    await only(name, bytes);
    return open(more);
  };

  test("turned as EXIF says", async () => {
    // Orientation 6: to be turned clockwise by a quarter; stored 8 wide and 4 high, seen 4 wide and 8 high.
    const data = await seen(
      "1.jpg",
      await halves().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer(),
      { input: [3, 8, 4] },
    );
    expect(data.notes).toEqual([]);
    red(pixel(data, 2, 1)[0]!);
    red(pixel(data, 2, 6)[2]!);
  });

  test("CMYK, palettes, sixteen bits and transparency", async () => {
    const cmyk = await seen("1.jpg", await halves().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer());
    const [r, g, b] = pixel(cmyk, 1, 1) as [number, number, number];
    expect(r > 180 && g < 90 && b < 90).toBe(true);
    await rm(join(folder, "test"), { recursive: true });
    expect(pixel(await seen("1.png", await halves().png({ palette: true }).toBuffer()), 1, 1)).toEqual([255, 0, 0]);
    const wide = sharp(
      Uint16Array.from({ length: 96 }, (_, i) => (i % 3 === 0 ? 0x80ff : 0xffff)),
      { raw: { width: 8, height: 4, channels: 3 } },
    );
    const sixteen = await wide.toColourspace("rgb16").png().toBuffer();
    expect((await sharp(sixteen).metadata()).depth).toBe("ushort");
    expect(pixel(await seen("1.png", sixteen), 1, 1)).toEqual([128, 255, 255]);
    const clear = sharp({
      create: { width: 8, height: 4, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    });
    expect(pixel(await seen("1.png", await clear.png().toBuffer()), 1, 1)).toEqual([0, 0, 0]);
  });

  test("grey, also of sixteen bits, for a grey and for a colour model", async () => {
    const grey = await sharp(Buffer.alloc(32, 77), { raw: { width: 8, height: 4, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    expect(pixel(await seen("1.png", grey), 1, 1)).toEqual([77, 77, 77]);
    expect(pixel(await open({ input: [1, 4, 8] }), 1, 1)).toEqual([77]);
    const sixteen = await sharp(
      Uint16Array.from({ length: 32 }, () => 0x4d80),
      { raw: { width: 8, height: 4, channels: 1 } },
    )
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect((await sharp(sixteen).metadata()).depth).toBe("ushort");
    expect(pixel(await seen("1.png", sixteen), 1, 1)).toEqual([77, 77, 77]);
  });

  test("without a model, any colour among some pictures makes three channels", async () => {
    await put(
      "a/0.png",
      await sharp(Buffer.alloc(16, 9), { raw: { width: 4, height: 4, channels: 1 } })
        .toColourspace("b-w")
        .png()
        .toBuffer(),
    );
    await put("b/0.png", await flat(4, 4, "#123456").png().toBuffer());
    await put("b/1.png", await flat(4, 4, "#654321").png().toBuffer());
    expect((await open({}, "train")).image!.channels).toBe(3);
  });

  test("all usual endings, in capitals too; what is passed over is counted", async () => {
    const picture = flat(4, 4, "#123456");
    const files: [string, Uint8Array][] = [
      ["1.PNG", await picture.png().toBuffer()],
      ["2.webp", await picture.webp().toBuffer()],
      ["3.jfif", await picture.jpeg().toBuffer()],
      ["4.JPEG", await picture.jpeg().toBuffer()],
      ["5.tif", await picture.tiff().toBuffer()],
      ["6.gif", await picture.gif().toBuffer()],
      ["7.avif", await picture.avif().toBuffer()],
    ];
    for (const [name, bytes] of files) await put(`train/a/${name}`, bytes);
    await put("train/a/x.bmp", "BM");
    await put("train/a/Thumbs.db", "x");
    await put("train/a/more/1.png", "x");
    await put("test/a/1.png", files[0]![1]);
    const data = await open({}, "train");
    expect(data.count).toBe(7);
    expect(data.notes).toEqual(["3 passed over: 1 .db, 1 .bmp, 1 folder inside a class"]);
  });

  test("faults are told in the same words every time; a decoder's warning is none", async () => {
    await only("1.jpg", Buffer.from("not a picture"));
    const told = async (): Promise<string> => open().then(String, (error: Error) => error.message);
    const first = await told();
    expect(first).toMatch(/1\.jpg: expected a whole picture .*, got no picture of these kinds$/);
    const jpeg = await flat(64, 64, "#123456").jpeg().toBuffer();
    await put("test/a/1.jpg", jpeg.subarray(0, jpeg.length - 200));
    expect(await told()).toMatch(/got one that is cut short$/);
    await put("test/a/1.jpg", Buffer.from("not a picture"));
    expect(await told()).toBe(first);
    // Bytes between two markers: decoders warn of them and go on.
    const stray = Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(2, 20), Buffer.from([0, 0, 0]), jpeg.subarray(20)]);
    await put("test/a/1.jpg", stray);
    expect((await open()).count).toBe(1);
  });
});

describe("classes", () => {
  const tiny = (): Promise<Buffer> => flat(2, 2, "#123456").png().toBuffer();
  const folders = async (...names: string[]): Promise<void> => {
    for (const name of names) for (const file of ["0.png", "1.png"]) await put(`${name}/${file}`, await tiny());
  };

  test("numeric folders are sorted as text, and that is said; classes.txt or the study gives another order", async () => {
    await folders("1", "2", "3", "10", "11");
    const data = await open();
    expect(data.classes).toEqual(["1", "10", "11", "2", "3"]);
    expect(data.notes.join()).toMatch(
      /in the order 1, 10, 11, 2, 3, as text sorts numbers .*classes\.txt or data\.classes/,
    );
    const named = await open({ classes: ["1", "2", "3", "10", "11"] });
    expect([named.classes[1], named.notes]).toEqual(["2", []]);
    await put("classes.txt", "11\n10\n3\n2\n1\n");
    expect((await open()).classes[0]).toBe("11");
  });

  test("three of five classes, and one that is unknown", async () => {
    await folders("b", "d", "e");
    await put("classes.txt", "a\nb\nc\nd\ne\n");
    const data = await open({}, "train");
    expect(data.notes).toEqual(["2 of 5 classes have no pictures: a, c"]);
    expect(new Set(Array.from({ length: data.count }, (_, i) => labelOf(data, i)))).toEqual(new Set([1, 3, 4]));
    await put("classes.txt", "a\nb\n");
    await expect(open()).rejects.toThrow(/d: expected one of the classes \(a, b\), got "d"/);
    await put("classes.txt", "a\nb\nb\n");
    await expect(open()).rejects.toThrow(/every class once, got "b" again/);
  });

  test("val stands for a missing test; alone, train names what is missing", async () => {
    await folders("train/a", "train/b");
    await expect(open()).rejects.toThrow(
      /both train\/ and test\/ \(or val\/, valid\/, validation\/\), or neither, got train\/ alone/,
    );
    await folders("valid/a", "valid/b");
    expect((await open()).notes).toContain("valid/ is taken for testing, since there is no test/");
    await folders("test/a");
    const data = await open();
    expect([data.count, data.notes]).toEqual([2, ["valid/ is not used"]]);
  });

  test("a named pipe is no list of classes, and is not waited for", async () => {
    await folders("a", "b");
    execFileSync("mkfifo", [join(folder, "classes.txt")]);
    await expect(open()).rejects.toThrow(
      /classes\.txt: expected a text file with a class name in every line, got a pipe or device/,
    );
  });
});
