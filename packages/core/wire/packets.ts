/** @file Datagrams: how bytes are cut into them, and what a tensor looks like when some are lost. */
import { internal } from "../errors/index.ts";
import { sizeOf, type Tensor } from "../tensor/index.ts";
import { channelRuns, type PerChannel } from "./channels.ts";
import type { Codec } from "./codec.ts";

/** A message cut into datagrams: all are full but perhaps the last. */
export interface Packets {
  count: number;
  /** Bytes of the message in each datagram but the last, and in the last. */
  full: number;
  last: number;
}

/** Cuts `bytes` bytes into datagrams of at most `payload` bytes each. */
export function packetise(bytes: number, payload: number): Packets {
  if (!Number.isInteger(bytes) || bytes < 1) throw internal(`a message of ${bytes} bytes`);
  if (!Number.isInteger(payload) || payload < 1) throw internal(`a payload of ${payload} bytes`);
  const count = Math.ceil(bytes / payload);
  return { count, full: Math.min(bytes, payload), last: bytes - (count - 1) * payload };
}

/** Bytes of the message that datagram `index` carries. */
export function packetBytes({ count, full, last }: Packets, index: number): number {
  return index === count - 1 ? last : full;
}

/** Elements from `from` up to and without `to`. */
export type ElementRange = readonly [from: number, to: number];

/**
 * The elements that lay, even partly, in missing datagrams; ranges ascend and do not touch.
 * @param bytes length of the message
 * @param width bytes of one element
 */
export function lostElements(bytes: number, missing: Iterable<number>, payload: number, width: number): ElementRange[] {
  const { count } = packetise(bytes, payload);
  const ranges: [number, number][] = [];
  for (const index of [...new Set(missing)].sort((a, b) => a - b)) {
    if (!Number.isInteger(index) || index < 0 || index >= count) throw internal(`datagram ${index} of ${count}`);
    const from = Math.floor((index * payload) / width);
    const to = Math.ceil(Math.min(bytes, (index + 1) * payload) / width);
    const before = ranges.at(-1);
    if (before && from <= before[1]) before[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

/** Overwrites elements of an array of shape `dims` with the fill value of their channel, in place. */
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

/** A message of encoded values that lost some of its datagrams. */
export interface LossyMessage {
  bytes: Uint8Array;
  dims: readonly number[];
  /** Indices of the datagrams that did not arrive. */
  missing: Iterable<number>;
  /** Bytes of the message in a full datagram. */
  payload: number;
}

/**
 * What the receiver can make of a message with holes: values whose bytes lay, even partly, in a missing datagram become
 * the fill value; all others are as decoded. What `bytes` holds in the holes does not matter.
 */
export function applyLoss(message: LossyMessage, codec: Codec, fill: PerChannel): Tensor<"float32"> {
  const { bytes, dims, missing, payload } = message;
  const tensor = codec.decode(bytes, dims);
  if (sizeOf(dims) > 0)
    fillElements(tensor.data, dims, lostElements(bytes.length, missing, payload, codec.width), fill);
  return tensor;
}
