/** @file Work of making and reading picture files, timed apart from what a call of the library takes. */
import { decodeImage, encodeImage, type ImageFormat } from "../../data/images.ts";
import type { ImageShape } from "../../data/normalise.ts";
import type { Work } from "./runs.ts";

/** Pictures above each other in one file, and most rows that every format can hold. */
const stacked = 64;
const mostRows = 16_000;

/**
 * Making a picture file of `pixels` and reading it: a call by itself, and a call with many such pictures above each
 * other. A call costs ten times what a small picture does; a camera's own encoder has no such call.
 */
export async function picturesWork(
  pixels: Uint8Array,
  shape: ImageShape,
  as: ImageFormat,
): Promise<{ encode: Work; decode: Work }> {
  const times = Math.min(stacked, Math.floor(mostRows / shape.height));
  const file = await encodeImage(pixels, shape, as);
  const encode: Work = { run: () => encodeImage(pixels, shape, as) };
  const decode: Work = { run: () => decodeImage(file, shape, as) };
  if (times < 2) return { encode, decode };
  const stack = { ...shape, height: times * shape.height };
  const all = new Uint8Array(times * pixels.length);
  for (let i = 0; i < times; i++) all.set(pixels, i * pixels.length);
  const fileOfAll = await encodeImage(all, stack, as);
  return {
    encode: { ...encode, many: { times, run: () => encodeImage(all, stack, as) } },
    decode: { ...decode, many: { times, run: () => decodeImage(fileOfAll, stack, as) } },
  };
}
