/** @file Which bytes of a message lie in which packet. */
import { internal } from "../../errors/index.ts";
import type { ByteRange } from "../message.ts";

/** A message of `bytes` cut into `count` packets, of `size` bytes each but the last. */
export interface Ranges {
  bytes: number;
  count: number;
  size: number;
}

/**
 * Packets that are full, all but the last, whatever protects them: codecs may have made units that begin where packets do.
 * Nothing to send still needs a packet to say so.
 */
export function fullRanges(bytes: number, payload: number): Ranges {
  if (!Number.isInteger(bytes) || bytes < 0) throw internal(`a message of ${bytes} bytes`);
  if (!Number.isInteger(payload) || payload < 1) throw internal(`a payload of ${payload} bytes`);
  return { bytes, count: Math.max(1, Math.ceil(bytes / payload)), size: payload };
}

export function rangeOf({ bytes, size }: Ranges, index: number): [from: number, to: number] {
  return [Math.min(bytes, index * size), Math.min(bytes, (index + 1) * size)];
}

/** The bytes in these packets, which ascend: ranges that touch are one. */
export function joinedRanges(ranges: Ranges, packets: Iterable<number>): ByteRange[] {
  const found: [number, number][] = [];
  for (const index of packets) {
    const [from, to] = rangeOf(ranges, index);
    const before = found.at(-1);
    if (before && before[1] === from) before[1] = to;
    else found.push([from, to]);
  }
  return found;
}

/** Each packet once, ascending. Throws `internal:` where there is none such. */
export function distinct(packets: Iterable<number>, count: number): number[] {
  const found = [...new Set(packets)].sort((a, b) => a - b);
  for (const index of found) {
    if (!Number.isInteger(index) || index < 0 || index >= count) throw internal(`packet ${index} of ${count}`);
  }
  return found;
}
