/** @file Which value goes where in a message: the tensor's own order, or one in which neighbours travel far from each other. */
import { internal } from "../errors/index.ts";
import { sizeOf } from "../tensor/index.ts";
import type { ElementRange } from "./message.ts";

/** A row of the table of orders. */
export interface OrderRow {
  /** A few words. */
  means: string;
  /**
   * The k-th value that is sent of a frame is its element k * stride mod its size; 1 is the tensor's own order.
   * @param dims of one frame, the batch of 1 included
   * @param axis the channels'
   */
  stride(dims: readonly number[], axis: number): number;
}

export const orders = {
  interleaved: {
    means:
      "over channel and position by a fixed stride, so that every datagram has an even sample; vectors and maps of one row as they are",
    stride: interleaving,
  },
  tensor: { means: "the tensor's own order", stride: () => 1 },
} as const satisfies Record<string, OrderRow>;

export type OrderKind = keyof typeof orders;

/** What datagrams have where nobody says otherwise. A stream, of which nothing is lost, has the tensor's own. */
export const usualOrder: OrderKind = "interleaved";

/** How many strides beside the golden section's are looked at. */
const looked = 400;

/**
 * A stride near the golden section of the size, so that any run of values lies evenly over the tensor (three-distance
 * theorem); of those the one that sends each value farthest from its neighbours in position and channel: of two that are
 * next to each other the way in the message is m * offset mod size, m the stride's inverse.
 */
function interleaving(dims: readonly number[], axis: number): number {
  const size = frameSize(dims);
  let inner = 1;
  // Vectors and maps of one row lose whole channels in their own order, which are missed less than some of every place
  // (docs/wire.md). Of three dimensions nobody knows whether the channels are first or last: tokens would lose places.
  const positions = dims.filter((dim, i) => i > 0 && i !== axis && dim > 1).length;
  if (positions < 2 && dims.length !== 3) return 1;
  const offsets: number[] = [];
  for (let i = dims.length - 1; i > 0; inner *= dims[i--]!) {
    // A channel's neighbour stands in for nothing; it only should not share a datagram's fate where that is free.
    if (dims[i]! > 1) offsets.push(inner);
  }
  const ways = offsets.length;
  const channel = offsets.indexOf(dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const golden = Math.round(size * 0.6180339887498949);
  let best = { stride: 1, apart: -1 };
  for (let i = 0; i < looked; i++) {
    const stride = golden + (i % 2 === 0 ? i / 2 : -(i + 1) / 2);
    if (stride < 2 || stride >= size) continue;
    const m = inverse(stride, size);
    if (m === undefined) continue;
    let apart = size;
    for (let j = 0; j < ways; j++) {
      const way = (m * offsets[j]!) % size;
      const near = Math.min(way, size - way);
      apart = Math.min(apart, j === channel ? 2 * near : near);
    }
    if (apart > best.apart) best = { stride, apart };
  }
  return best.stride;
}

/** x with a * x = 1 mod n, by Euclid; undefined where a and n have a common factor. Exact up to n = 2^26. */
function inverse(a: number, n: number): number | undefined {
  let [r, next] = [n, a];
  let [x, nextX] = [0, 1];
  while (next !== 0) {
    const q = Math.floor(r / next);
    [r, next] = [next, r - q * next];
    [x, nextX] = [nextX, x - q * nextX];
  }
  return r === 1 ? (x + n) % n : undefined;
}

/** Values of one frame: the first dimension is the batch. */
function frameSize(dims: readonly number[]): number {
  return dims.length < 2 ? sizeOf(dims) : sizeOf(dims.slice(1));
}

/** What is wrong with a stride for frames of this shape. */
export function strideProblem(stride: number | undefined, dims: readonly number[]): string | undefined {
  const size = frameSize(dims);
  if (stride === undefined || stride === 1 || size === 0) return undefined;
  return stride < size && inverse(stride, size) !== undefined
    ? undefined
    : `expected a stride below ${size} and without a common factor with it, got ${stride}`;
}

type Numbers = Uint8Array | Uint16Array | Float32Array;

/** Values of a tensor in the order in which they are sent. */
export function inOrder<T extends Numbers>(values: T, dims: readonly number[], stride: number): T {
  checkStride(dims, stride);
  const size = frameSize(dims);
  const sent = values.slice() as T;
  for (let start = 0; start < values.length; start += size) {
    for (let k = start, e = start; k < start + size; k++) {
      sent[k] = values[e]!;
      e += stride;
      if (e >= start + size) e -= size;
    }
  }
  return sent;
}

/** Values as they were sent in the tensor's own order. */
export function outOfOrder<T extends Numbers>(sent: T, dims: readonly number[], stride: number): T {
  checkStride(dims, stride);
  const size = frameSize(dims);
  const values = sent.slice() as T;
  for (let start = 0; start < sent.length; start += size) {
    for (let k = start, e = start; k < start + size; k++) {
      values[e] = sent[k]!;
      e += stride;
      if (e >= start + size) e -= size;
    }
  }
  return values;
}

function checkStride(dims: readonly number[], stride: number): void {
  const problem = strideProblem(stride, dims);
  if (problem !== undefined) throw internal(problem);
}

/** Ranges of what was sent as ranges of the tensor's elements; they ascend and do not touch. */
export function rangesOutOfOrder(
  sent: readonly ElementRange[],
  dims: readonly number[],
  stride: number,
): readonly ElementRange[] {
  if (stride === 1 || sent.length === 0) return sent;
  const marks = new Uint8Array(sizeOf(dims));
  for (const [from, to] of sent) marks.fill(1, from, to);
  const lost = outOfOrder(marks, dims, stride);
  const ranges: ElementRange[] = [];
  for (let from = lost.indexOf(1); from >= 0;) {
    const end = lost.indexOf(0, from);
    const to = end < 0 ? lost.length : end;
    ranges.push([from, to]);
    from = lost.indexOf(1, to);
  }
  return ranges;
}
