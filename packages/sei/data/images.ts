/**
 * @file Input codecs for remote computing: the camera's picture as raw bytes, PNG, WebP, JPEG or AVIF (through sharp), what
 * they cost in bytes and time, and what a lost datagram leaves of them.
 */
import type { PictureInput } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import { concealments, type ByteRange } from "@split-et-impera/core/wire";
import sharp, { type OutputInfo, type Sharp } from "sharp";
import type { ImageShape } from "./normalise.ts";
import { mapBounded } from "./parallel.ts";

/** An input codec as a study names it. WebP without a quality is lossless; JPEG and AVIF need one. */
export type ImageFormat = PictureInput;

/** `raw`, `png`, `webp`, `webp-80`, `jpeg-90`: short and unique, for tables. */
export function imageFormatName({ format, quality }: ImageFormat): string {
  return quality === undefined ? format : `${format}-${quality}`;
}

/** Throws an `InputError` where format and quality do not go together. */
export function checkImageFormat({ format, quality }: ImageFormat): void {
  const fits =
    format === "raw" || format === "png"
      ? quality === undefined
      : (format === "webp" && quality === undefined) ||
        (Number.isInteger(quality) && quality !== undefined && quality >= 1 && quality <= 100);
  if (fits) return;
  const expected = format === "raw" || format === "png" ? "no quality" : "a whole quality from 1 to 100";
  throw new InputError("ERR_INPUT_FORMAT", `${format} input: expected ${expected}, got ${quality ?? "none"}`);
}

/**
 * A picture as a file of the format.
 * @param pixels height x width x channels bytes, 1 or 3 channels
 */
export async function encodeImage(pixels: Uint8Array, shape: ImageShape, as: ImageFormat): Promise<Uint8Array> {
  checkImageFormat(as);
  const { format, quality } = as;
  if (format === "raw") return pixels.slice();
  const { height, width } = shape;
  const channels = shape.channels as 1 | 3;
  // sharp takes one channel for colour unless told so.
  const image = sharp(pixels, { raw: { height, width, channels } }).toColourspace(channels === 1 ? "b-w" : "srgb");
  return image[format](format === "png" ? {} : quality === undefined ? { lossless: true } : { quality }).toBuffer();
}

/** The pixels of an encoded picture; the format is seen from the bytes, but for raw ones. */
export async function decodeImage(bytes: Uint8Array, shape: ImageShape, as: ImageFormat): Promise<Uint8Array> {
  const { height, width, channels } = shape;
  if (as.format === "raw") {
    if (bytes.length === height * width * channels) return bytes.slice();
    throw wrongImage(shape, `${bytes.length} raw bytes`);
  }
  const image: Sharp = sharp(bytes, { limitInputPixels: height * width }).toColourspace(
    channels === 1 ? "b-w" : "srgb",
  );
  let decoded: { data: Buffer; info: OutputInfo };
  try {
    decoded = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw wrongImage(shape, (error as Error).message.replaceAll(/\s+/g, " ").trim(), error);
  }
  const { data, info } = decoded;
  if (info.height !== height || info.width !== width || info.channels < channels) {
    throw wrongImage(shape, `${info.height} x ${info.width} x ${info.channels}`);
  }
  if (info.channels === channels) return new Uint8Array(data);
  // WebP knows no grey: its three channels are alike.
  const pixels = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < channels; c++) pixels[i * channels + c] = data[i * info.channels + c]!;
  }
  return pixels;
}

function wrongImage({ height, width, channels }: ImageShape, found: string, cause?: unknown): InputError {
  const expected = `expected a whole ${height} x ${width} image of ${channels} channels`;
  return new InputError("ERR_IMAGE", `encoded image: ${expected}, got ${found}`, { cause });
}

/** What a format does to many pictures. */
export interface ImageCosts {
  /** Encoded bytes per image, in order, and their mean. */
  sizes: number[];
  meanSize: number;
  /** Median seconds per image on this machine, one image at a time. */
  encodeSeconds: number;
  decodeSeconds: number;
  /** What the receiver sees: the decoded images, in order. */
  decoded: Uint8Array[];
}

export interface MeasureOptions {
  /** Images that are encoded one at a time and timed. Default 50. */
  timed?: number;
  /** Images at once for the rest. Default 4. */
  concurrency?: number;
  /** Checked between images; its reason is thrown. */
  signal?: AbortSignal;
  progress?: (done: number, total: number) => void;
}

/** Encodes and decodes every image; the first few alone, for undisturbed times. */
export async function measureImages(
  images: readonly Uint8Array[],
  shape: ImageShape,
  as: ImageFormat,
  options: MeasureOptions = {},
): Promise<ImageCosts> {
  const { timed = 50, concurrency = 4, signal, progress } = options;
  if (images.length === 0) throw new InputError("ERR_IMAGE", "measuring an image format: expected at least one image");
  const sizes: number[] = [];
  const decoded: Uint8Array[] = [];
  const encodeTimes: number[] = [];
  const decodeTimes: number[] = [];
  let done = 0;
  const one = async (pixels: Uint8Array, index: number): Promise<[number, number]> => {
    signal?.throwIfAborted();
    const started = performance.now();
    const bytes = await encodeImage(pixels, shape, as);
    const encoded = performance.now();
    decoded[index] = await decodeImage(bytes, shape, as);
    const ended = performance.now();
    sizes[index] = bytes.length;
    progress?.(++done, images.length);
    return [(encoded - started) / 1000, (ended - encoded) / 1000];
  };
  // One that does not count: the library's first call costs far more than the rest.
  await one(images[0]!, 0);
  done = 0;
  const alone = Math.min(timed, images.length);
  for (let index = 0; index < alone; index++) {
    const [encode, decode] = await one(images[index]!, index);
    encodeTimes.push(encode);
    decodeTimes.push(decode);
  }
  await mapBounded(images.slice(alone), concurrency, (pixels, index) => one(pixels, alone + index));
  return {
    sizes,
    meanSize: sizes.reduce((a, b) => a + b) / sizes.length,
    encodeSeconds: median(encodeTimes),
    decodeSeconds: median(decodeTimes),
    decoded,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A picture some of whose bytes were lost on the way. */
export interface LossyImage {
  /** The encoded bytes. */
  bytes: Uint8Array;
  shape: ImageShape;
  as: ImageFormat;
  /** Bytes that did not arrive. */
  missing: readonly ByteRange[];
}

/**
 * What the receiver sees. Raw bytes keep their place, so that lost ones become `fill` (the mean pixel of the training
 * images, one number per channel). PNG, WebP and JPEG code each part in terms of what came before: with a hole the file
 * does not decode, and the frame is lost: undefined.
 */
export async function receiveImage(image: LossyImage, fill: readonly number[]): Promise<Uint8Array | undefined> {
  const { bytes, shape, as, missing } = image;
  if (missing.length === 0) return decodeImage(bytes, shape, as);
  if (as.format !== "raw") return undefined;
  const pixels = await decodeImage(bytes, shape, as);
  const dims = [shape.height, shape.width, shape.channels];
  const values = fill.map((value) => Math.round(value));
  // A byte is an element.
  concealments.mean.fill(pixels, dims, missing, { mean: values, axis: 2 });
  return pixels;
}

/** Mean pixel per channel of some images: the fill value for raw ones. */
export function meanPixel(images: Iterable<Uint8Array>, { channels }: ImageShape): number[] {
  const sums = Array.from({ length: channels }, () => 0);
  let count = 0;
  for (const pixels of images) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < pixels.length; i += channels) sum += pixels[i]!;
      sums[c]! += sum;
    }
    count += pixels.length / channels;
  }
  if (count === 0) throw new InputError("ERR_IMAGE", "mean pixel: expected at least one image");
  return sums.map((sum) => sum / count);
}
