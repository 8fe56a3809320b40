/** @file Samples that are there already, shown at the deployment's rate: a study's own data, or arrays. */
import type { Dataset } from "../../data/index.ts";
import type { Source } from "./source.ts";

/** The samples of a data set in order, and from the beginning again until there were `count`. */
export function storedSource(data: Dataset, rate: number, count: number): Source {
  return {
    name: `${data.count} samples of ${data.name}`,
    rate,
    async *frames(signal) {
      for (let i = 0; i < count && !signal.aborted; i++) {
        const sample = i % data.count;
        const value = data.image ? { pixels: data.image.pixels(sample) } : { tensor: data.batch([sample]) };
        const { label } = data.annotation(sample);
        yield { value, of: String(sample), ...(label !== undefined && { label }) };
      }
    },
  };
}
