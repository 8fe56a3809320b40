/** @file Sound: samples of some channels, and of one at a wanted rate. */
import { resample } from "./resample.ts";

/** Samples from -1 to 1, an array per channel, all of one length. */
export interface Sound {
  /** Samples a second. */
  rate: number;
  channels: Float32Array[];
}

/** Sizes and lengths in files may claim anything: more than this is not unpacked. */
export const mostSoundBytes = 2 ** 30;
/** Samples a second that a file may have. */
const [leastRate, mostRate] = [1000, 768_000];
export const rateText = `${leastRate} to ${mostRate} samples a second`;
export const isRate = (rate: number): boolean => rate >= leastRate && rate <= mostRate;

/** The mean of the channels at `rate` samples a second. */
export function monoAt({ channels, rate: own }: Sound, rate: number): Float32Array {
  const [first, ...others] = channels as [Float32Array, ...Float32Array[]];
  if (others.length === 0) return resample(first, own, rate);
  const mixed = Float32Array.from(first, (value, i) => {
    let sum = value;
    for (const other of others) sum += other[i]!;
    return sum / channels.length;
  });
  return resample(mixed, own, rate);
}
