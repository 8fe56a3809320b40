/** @file From 8-bit pixels to the numbers that a model expects. */
import type { DataOptions } from "@split-et-impera/core/study";
import { InputError } from "@split-et-impera/core/errors";

export interface ImageShape {
  height: number;
  width: number;
  /** 1 (grey) or 3 (red, green, blue). */
  channels: number;
}

export type Layout = DataOptions["layout"];
export type Normalise = DataOptions["normalise"];

/** Mean and standard deviation of channel `c`: one number stands for all channels, none for 0 and 1. */
export function channelScale({ mean, std }: Normalise, c: number): { mean: number; std: number } {
  return { mean: mean[mean.length === 1 ? 0 : c] ?? 0, std: std[std.length === 1 ? 0 : c] ?? 1 };
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
 * (pixel / 255 - mean) / std per channel, of one image or of several after each other.
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
    if (layout === "NHWC") {
      for (let i = c; i < pixels.length; i += channels) target[i] = table[pixels[i]!]!;
      continue;
    }
    for (let start = 0; start < pixels.length; start += plane * channels) {
      let to = start + c * plane;
      const end = start + plane * channels;
      for (let i = start + c; i < end; i += channels) target[to++] = table[pixels[i]!]!;
    }
  }
  return target;
}
