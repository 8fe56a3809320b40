/** @file From 8-bit pixels to the numbers that a model expects. */
import type { DataOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";
import { channelScale } from "@split-et-impera/core/task";

export interface ImageShape {
  height: number;
  width: number;
  /** 1 (grey) or 3 (red, green, blue). */
  channels: number;
}

export type Layout = DataOptions["layout"];
export type Normalise = DataOptions["normalise"];

/** What the model's input says of pictures, as far as it is fixed. */
export function wantedInput({ input, layout }: Pick<DataOptions, "input" | "layout">): {
  height?: number;
  width?: number;
  channels?: 1 | 3;
} {
  if (input?.length !== 3) return {};
  const [channels, height, width] = (layout === "NCHW" ? input : [input[2]!, input[0]!, input[1]!]) as [
    number,
    number,
    number,
  ];
  return {
    ...(height > 0 && { height }),
    ...(width > 0 && { width }),
    ...((channels === 1 || channels === 3) && { channels }),
  };
}

/** Throws an `InputError` unless mean and std have one number, none, or one per channel, and no std is zero. */
export function checkNormalise({ mean, std }: Normalise, channels: number): void {
  for (const [field, values] of Object.entries({ mean, std })) {
    if (values.length > 1 && values.length !== channels) {
      throw new InputError(
        "ERR_DATA_NORMALISE",
        `data.normalise.${field}: expected 1 or ${channels} numbers for images of ${channels} channels, got ${values.length}`,
      );
    }
    for (const value of values) {
      if (!Number.isFinite(value) || (field === "std" && value <= 0)) {
        throw new InputError(
          "ERR_DATA_NORMALISE",
          `data.normalise.${field}: expected ${field === "std" ? "positive " : ""}finite numbers, got ${value}`,
        );
      }
    }
  }
}

/**
 * What is wrong with a normalisation of pictures, whose pixels are divided by 255 first: undefined where nothing is.
 * Means of 123.675 or deviations of 58.395 are meant for pixels from 0 to 255.
 */
export function pixelScaleProblem({ mean, std }: Normalise): { field: "mean" | "std"; message: string } | undefined {
  const scale = "since pixels are divided by 255 first";
  const wrongMean = mean.find((value) => value < 0 || value > 1);
  if (wrongMean !== undefined) {
    const hint = wrongMean > 1 ? `; ${wrongMean} of 255 is ${rounded(wrongMean / 255)}` : "";
    return { field: "mean", message: `expected numbers from 0 to 1, ${scale}, got ${wrongMean}${hint}` };
  }
  const wrongStd = std.find((value) => value > 1);
  if (wrongStd === undefined) return undefined;
  const hint = `; ${wrongStd} of 255 is ${rounded(wrongStd / 255)}`;
  return { field: "std", message: `expected numbers of at most 1, ${scale}, got ${wrongStd}${hint}` };
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Throws an `InputError` where a normalisation is not of pixel / 255. */
export function checkPixelScale(normalise: Normalise): void {
  const problem = pixelScaleProblem(normalise);
  if (problem) throw new InputError("ERR_DATA_NORMALISE", `data.normalise.${problem.field}: ${problem.message}`);
}

/**
 * (pixel / 255 - mean) / std per channel, of one image or of several after each other, the channels in the order that
 * `normalise` says.
 * @param pixels height x width x channels bytes
 * @param target where to write; made anew when absent
 * @returns float32 in the layout asked for: channels x height x width (NCHW), or as the pixels lie (NHWC)
 */
export function normalisePixels(
  pixels: Uint8Array,
  shape: ImageShape,
  normalise: Normalise,
  layout: Layout,
  target = new Float32Array(pixels.length),
): Float32Array {
  const { channels } = shape;
  const plane = shape.height * shape.width;
  for (let c = 0; c < channels; c++) {
    const { mean, std } = channelScale(normalise, c);
    // 256 divisions in place of one per pixel, and the same values.
    const table = Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / std);
    /** Where the channel lies in a pixel. */
    const from = normalise.channels === "BGR" && channels === 3 ? 2 - c : c;
    if (layout === "NHWC") {
      for (let i = 0; i < pixels.length; i += channels) target[i + c] = table[pixels[i + from]!]!;
      continue;
    }
    for (let start = 0; start < pixels.length; start += plane * channels) {
      let to = start + c * plane;
      const end = start + plane * channels;
      for (let i = start + from; i < end; i += channels) target[to++] = table[pixels[i]!]!;
    }
  }
  return target;
}
