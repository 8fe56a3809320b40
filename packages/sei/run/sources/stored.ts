/** @file Samples that are there already, shown at the deployment's rate: a study's own data, or arrays. */
import type { Samples } from "../../data/index.ts";
import type { Source } from "./source.ts";

export interface StoredOptions {
  /** Frames a second. */
  rate: number;
  /** Frames. */
  count: number;
  /** What is known of each sample; absent where nothing is. */
  truth?: ((sample: number) => unknown) | undefined;
}

/** The samples of a data set in order, and from the beginning again until there were `count`. */
export function storedSource(data: Samples, { rate, count, truth }: StoredOptions): Source {
  return {
    name: `${data.count} samples of ${data.name}`,
    rate,
    async *frames(signal) {
      for (let i = 0; i < count && !signal.aborted; i++) {
        const sample = i % data.count;
        // A picture is captured as its pixels, unless it is one of several inputs, or taken as bytes.
        const pixels = Object.keys(data.fed).length === 1 && data.main !== undefined && data.fed[data.main] === "data";
        const value = data.image && pixels ? { pixels: data.image.pixels(sample) } : { tensors: data.feeds([sample]) };
        // Samples that are no streams have each their own.
        const begins = data.begins?.(sample) ?? true;
        yield { value, begins, of: String(sample), ...(truth && { known: { sample, truth: truth(sample) } }) };
      }
    },
  };
}
