/** @file Samples that are there already, shown at the deployment's rate: a study's own data, or arrays. */
import type { Dataset } from "../../data/index.ts";
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
export function storedSource(data: Dataset, { rate, count, truth }: StoredOptions): Source {
  return {
    name: `${data.count} samples of ${data.name}`,
    rate,
    async *frames(signal) {
      for (let i = 0; i < count && !signal.aborted; i++) {
        const sample = i % data.count;
        const value = data.image ? { pixels: data.image.pixels(sample) } : { tensor: data.batch([sample]) };
        yield { value, of: String(sample), ...(truth && { known: { sample, truth: truth(sample) } }) };
      }
    },
  };
}
