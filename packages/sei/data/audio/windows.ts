/** @file Streams in windows: each with new samples and, before them, some that were there already. */

/** All in samples. */
export interface WindowOptions {
  /** New samples of a window. */
  size: number;
  /** From the start of one to that of the next. Default: its size, so that every sample is new once. */
  step?: number;
  /** Samples before the new ones, zeros where the stream begins. Default 0. */
  context?: number;
}

/** How many whole windows a stream of `length` samples has. */
export function windowCount(length: number, { size, step = size }: WindowOptions): number {
  return length < size ? 0 : Math.floor((length - size) / step) + 1;
}

/** Window `index` of a stream: context, then the new samples; written to `into` where that is given. */
export function windowOf(
  stream: Float32Array,
  index: number,
  { size, step = size, context = 0 }: WindowOptions,
  into: Float32Array = new Float32Array(context + size),
): Float32Array {
  const start = index * step - context;
  into.fill(0, 0, Math.max(0, -start));
  into.set(stream.subarray(Math.max(0, start), start + context + size), Math.max(0, -start));
  return into;
}

/** A time in which something is to be heard, in seconds. */
export interface Interval {
  start: number;
  end: number;
}

/** Whether the middle of a window's new samples lies in one of the intervals. */
export function isActive(
  index: number,
  { size, step = size }: WindowOptions,
  rate: number,
  intervals: readonly Interval[],
): boolean {
  const middle = (index * step + size / 2) / rate;
  return intervals.some(({ start, end }) => middle >= start && middle < end);
}
