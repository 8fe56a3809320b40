/** @file Augmentation of training images: mirrored, shifted, in other light, as seeds decide. */
import type { AutoencoderOptions, DataOptions } from "@split-et-impera/core/study";
import { randomStream, type Random } from "@split-et-impera/core/random";
import type { Tensor } from "@split-et-impera/core/tensor";
import { imageBatch, type Dataset } from "./dataset.ts";

export type Augmentation = AutoencoderOptions["augment"][number] | "colour";

/** Largest shift, as a share of the side. */
const shiftShare = 1 / 8;
/** Largest change of brightness, contrast and saturation. */
const colourShare = 0.25;

/**
 * A batch whose images are mirrored (half of them), shifted, and changed in brightness, contrast and saturation, each as
 * asked; data that are no images come unchanged. What becomes of an image depends on seed and index alone.
 */
export function augmentedBatch(
  data: Dataset,
  indices: ArrayLike<number>,
  { normalise, layout }: Pick<DataOptions, "normalise" | "layout">,
  seed: number,
  kinds: readonly Augmentation[] = ["mirror", "shift"],
): Tensor<"float32"> {
  const { image } = data;
  if (!image) return data.batch(indices);
  const { height, width, channels } = image;
  const images = Array.from(indices, (index) => {
    const random = randomStream(seed, `augment/${index}`);
    const mirrored = random.integer(2) === 1 && kinds.includes("mirror");
    const reach = (side: number): number => (kinds.includes("shift") ? Math.floor(side * shiftShare) : 0);
    const dx = random.integer(2 * reach(width) + 1) - reach(width);
    const dy = random.integer(2 * reach(height) + 1) - reach(height);
    const from = image.pixels(index);
    const to = new Uint8Array(from.length);
    for (let y = 0; y < height; y++) {
      // The border is repeated outwards.
      const sy = Math.min(height - 1, Math.max(0, y + dy));
      for (let x = 0; x < width; x++) {
        const shifted = Math.min(width - 1, Math.max(0, x + dx));
        const source = (sy * width + (mirrored ? width - 1 - shifted : shifted)) * channels;
        const target = (y * width + x) * channels;
        for (let c = 0; c < channels; c++) to[target + c] = from[source + c]!;
      }
    }
    if (kinds.includes("colour")) recolour(to, channels, random);
    return to;
  });
  return imageBatch(images, image, normalise, layout);
}

/** brightness * (mean + contrast * (grey + saturation * (value - grey) - mean)), in place. */
function recolour(pixels: Uint8Array, channels: number, random: Random): void {
  const factor = (): number => 1 + colourShare * (2 * random.uniform() - 1);
  const [brightness, contrast, saturation] = [factor(), factor(), factor()];
  let sum = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  for (let i = 0; i < pixels.length; i += channels) {
    let grey = 0;
    for (let c = 0; c < channels; c++) grey += pixels[i + c]! / channels;
    for (let c = 0; c < channels; c++) {
      const value = grey + saturation * (pixels[i + c]! - grey);
      pixels[i + c] = Math.min(255, Math.max(0, Math.round(brightness * (mean + contrast * (value - mean)))));
    }
  }
}
