import { conveyorImage } from "@split-et-impera/core/conveyor";
import { expect, test } from "vitest";
import {
  checkImageFormat,
  decodeImage,
  encodeImage,
  imageFormatName,
  meanPixel,
  measureImages,
  receiveImage,
  type ImageFormat,
} from "./images.ts";

const colour = { height: 32, width: 32, channels: 3 };
const grey = { height: 32, width: 32, channels: 1 };
const picture = (index: number): Uint8Array => conveyorImage(1, "test", index).pixels;
const greyPicture = (index: number): Uint8Array => picture(index).filter((_, i) => i % 3 === 1);
const difference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
const roundTrip = async (pixels: Uint8Array, shape: typeof colour, as: ImageFormat): Promise<Uint8Array> =>
  decodeImage(await encodeImage(pixels, shape, as), shape, as);

test("raw, PNG and WebP without a quality give every pixel back, in colour and grey", async () => {
  for (const format of ["raw", "png", "webp"] as const) {
    for (let i = 0; i < 4; i++) {
      expect(await roundTrip(picture(i), colour, { format })).toEqual(picture(i));
      expect(await roundTrip(greyPicture(i), grey, { format })).toEqual(greyPicture(i));
    }
  }
});

test("lossy formats lose little at high quality, more at low, and take fewer bytes", async () => {
  for (const format of ["webp", "jpeg", "avif"] as const) {
    for (const [shape, pixels] of [
      [colour, picture(3)],
      [grey, greyPicture(3)],
    ] as const) {
      const [fine, coarse] = [
        { format, quality: 95 },
        { format, quality: 20 },
      ];
      const [a, b] = [await roundTrip(pixels, shape, fine), await roundTrip(pixels, shape, coarse)];
      expect(difference(a, pixels)).toBeGreaterThan(0);
      expect(difference(a, pixels)).toBeLessThan(8);
      expect(difference(b, pixels)).toBeGreaterThan(difference(a, pixels));
      const size = async (as: ImageFormat): Promise<number> => (await encodeImage(pixels, shape, as)).length;
      expect(await size(coarse)).toBeLessThan(await size(fine));
    }
  }
});

test("measuring gives each image's size and pixels, in order, and times", async () => {
  const images = Array.from({ length: 9 }, (_, i) => picture(i));
  const as = { format: "jpeg", quality: 80 } as const;
  let told = 0;
  const costs = await measureImages(images, colour, as, { timed: 3, progress: (done) => (told = done) });
  expect(told).toBe(9);
  for (let i = 0; i < 9; i++) {
    const bytes = await encodeImage(images[i]!, colour, as);
    expect(costs.sizes[i]).toBe(bytes.length);
    expect(costs.decoded[i]).toEqual(await decodeImage(bytes, colour, as));
  }
  expect(costs.meanSize).toBeCloseTo(costs.sizes.reduce((a, b) => a + b) / 9, 9);
  expect(costs.encodeSeconds).toBeGreaterThan(0);
  expect(costs.decodeSeconds).toBeGreaterThan(0);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(measureImages(images, colour, as, { signal })).rejects.toThrow("enough");
});

test("a hole in a raw image becomes the mean pixel; a hole in a file loses the frame", async () => {
  const images = [picture(0), picture(1)];
  const fill = meanPixel(images, colour);
  const all = [...picture(0), ...picture(1)].filter((_, i) => i % 3 === 2);
  expect(fill[2]).toBeCloseTo(all.reduce((a, b) => a + b) / all.length, 9);
  const raw = { bytes: picture(0), shape: colour, as: { format: "raw" }, missing: [[1010, 2020]] } as const;
  const patched = (await receiveImage(raw, fill))!;
  patched.forEach((value, i) => {
    expect(value).toBe(i >= 1010 && i < 2020 ? Math.round(fill[i % 3]!) : picture(0)[i]);
  });
  const as = { format: "png" } as const;
  const bytes = await encodeImage(picture(0), colour, as);
  const file = { bytes, shape: colour, as };
  expect(await receiveImage({ ...file, missing: [[0, 1010]] }, fill)).toBeUndefined();
  expect(await receiveImage({ ...file, missing: [] }, fill)).toEqual(picture(0));
});

test("formats have names and bounds; what is no such image is refused", async () => {
  expect(imageFormatName({ format: "jpeg", quality: 90 })).toBe("jpeg-90");
  expect(imageFormatName({ format: "webp" })).toBe("webp");
  expect(() => checkImageFormat({ format: "jpeg" })).toThrow(/quality from 1 to 100, got none/);
  expect(() => checkImageFormat({ format: "webp", quality: 101 })).toThrow(/got 101/);
  expect(() => checkImageFormat({ format: "png", quality: 5 })).toThrow(/no quality/);
  const jpeg = { format: "jpeg", quality: 80 } as const;
  const bytes = await encodeImage(picture(0), colour, jpeg);
  await expect(decodeImage(bytes.subarray(0, 100), colour, jpeg)).rejects.toThrow(/a whole 32 x 32 image/);
  await expect(decodeImage(bytes, { ...colour, height: 40 }, jpeg)).rejects.toThrow(/got 32 x 32 x 3/);
  await expect(decodeImage(bytes, colour, { format: "raw" })).rejects.toThrow(/raw bytes/);
});
