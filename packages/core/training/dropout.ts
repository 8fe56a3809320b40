/** @file Dropout's masks: drawn outside the graph, so that a training that goes on meets the same ones. */
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensors } from "../tensor/index.ts";

export interface Mask {
  /** The graph's input that the layer is multiplied by. */
  input: string;
  /** Share of the values that are dropped. */
  ratio: number;
  /** Rows of the tensor per image (1 unless axes are merged), and its dimensions after the first. */
  rowsPerImage: number;
  dims: readonly number[];
}

/**
 * Masks of 0 and 1 / (1 - ratio) for one run. They depend on seed and run alone; a runtime's own random operators go on
 * from where their session is, which no checkpoint holds.
 */
export function drawMasks(masks: readonly Mask[], images: number, seed: number, run: number): Tensors {
  return Object.fromEntries(
    masks.map(({ input, ratio, rowsPerImage, dims }) => {
      const random = randomStream(seed, `dropout/${run}/${input}`);
      const shape = [images * rowsPerImage, ...dims];
      const [dropped, scale] = [ratio * 2 ** 32, 1 / (1 - ratio)];
      const data = Float32Array.from({ length: sizeOf(shape) }, () => (random.uint32() < dropped ? 0 : scale));
      return [input, float32(shape, data)];
    }),
  );
}
