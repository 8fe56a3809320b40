/** @file Walking a tensor channel by channel, where numbers are kept per channel or once for all. */
import { internal } from "../errors/index.ts";

/** Numbers for a tensor: one for all of it, or one for each index along `axis`. */
export interface PerChannel {
  values: number[];
  /** The channels' axis: 1 for [N, C, H, W], 3 for [N, H, W, C]. Without meaning when there is one value. */
  axis: number;
}

/** How a tensor's elements fall into runs of one channel: run r holds `inner` elements of channel r mod `count`. */
export interface Runs {
  count: number;
  inner: number;
}

/** The runs of a tensor with `count` channels along `axis`; one channel takes the whole tensor. */
export function channelRuns(dims: readonly number[], count: number, axis: number): Runs {
  let size = 1;
  let inner = 1;
  dims.forEach((dim, i) => {
    size *= dim;
    if (i > axis) inner *= dim;
  });
  if (count === 1) return { count, inner: Math.max(1, size) };
  if (dims[axis] !== count) {
    throw internal(`${count} values per channel for axis ${axis} of the shape [${dims.join(", ")}]`);
  }
  return { count, inner: Math.max(1, inner) };
}
