/** @file Samples that are there already, shown at the deployment's rate: a study's own data, or arrays. */
import type { Dataset } from "../../data/index.ts";
import type { Source } from "./source.ts";

/**
 * The samples of a data set in order, and from the beginning again until there were `count`.
 * @param labelled whether its labels are known, and not stand-ins of data without any
 */
export function storedSource(data: Dataset, rate: number, count: number, labelled: boolean): Source {
  return {
    name: `${data.count} samples of ${data.name}`,
    rate,
    async *frames(signal) {
      for (let i = 0; i < count && !signal.aborted; i++) {
        const sample = i % data.count;
        const value = data.image ? { pixels: data.image.pixels(sample) } : { tensor: data.batch([sample]) };
        yield { value, of: String(sample), ...(labelled && { label: data.label(sample) }) };
      }
    },
  };
}
