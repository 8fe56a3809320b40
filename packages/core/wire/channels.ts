/** @file Walking a tensor channel by channel, where numbers are kept per channel or once for all. */
import { internal } from "../errors/index.ts";
import type { ElementRange } from "./message.ts";

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

/** Overwrites elements of an array of shape `dims` with the value of their channel, in place. */
export function fillElements(
  data: Float32Array | Uint8Array,
  dims: readonly number[],
  ranges: readonly ElementRange[],
  fill: PerChannel,
): void {
  const { count, inner } = channelRuns(dims, fill.values.length, fill.axis);
  for (const [from, to] of ranges) {
    for (let start = from; start < to;) {
      const run = Math.floor(start / inner);
      const end = Math.min(to, (run + 1) * inner);
      data.fill(fill.values[run % count]!, start, end);
      start = end;
    }
  }
}
