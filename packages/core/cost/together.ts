/** @file Work on several frames at once: the sizes at which it is timed, and what follows for those between. */
import { batchWork } from "./work.ts";

/** Sizes at which a batch is timed, beside 1: in doubles, and the largest. */
export function batchSizes(largest: number): number[] {
  const sizes: number[] = [];
  for (let size = 2; size < largest; size *= 2) sizes.push(size);
  return largest > 1 ? [...sizes, largest] : [];
}

/**
 * How many times as long as one frame n take together, by n - 1, up to the largest batch: straight between measured sizes,
 * and never less than fewer frames take.
 * @param seconds of a work, by its name
 */
export function timesTogether(work: string, largest: number, seconds: (work: string) => number): number[] {
  const alone = seconds(work);
  const known = [{ size: 1, times: 1 }];
  for (const size of batchSizes(largest))
    known.push({ size, times: Math.max(known.at(-1)!.times, seconds(batchWork(work, size)) / alone) });
  return Array.from({ length: largest }, (_, i) => {
    const above = known.findIndex(({ size }) => size >= i + 1);
    const [to, from] = [known[above]!, known[Math.max(0, above - 1)]!];
    const along = to.size === from.size ? 1 : (i + 1 - from.size) / (to.size - from.size);
    return from.times + along * (to.times - from.times);
  });
}
