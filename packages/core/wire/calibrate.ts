/** @file What values a tensor takes: the range for quantisation and the mean that stands in for what is lost. */
import { internal } from "../errors/index.ts";
import { sizeOf, type Tensor } from "../tensor/index.ts";
import { channelRuns } from "./channels.ts";

export interface CalibrationOptions {
  /** One range per index along `axis`, or one for the whole tensor (default). The means are always per channel. */
  perChannel?: boolean;
  /** The channels' axis. Default 1; tensors with fewer dimensions have one channel. */
  axis?: number;
  /**
   * Share of the values that the range leaves out at each end, to spend the steps where values are (0.0001: one in ten
   * thousand). Default 0: least and greatest value. Found by counting in logarithmic bins, to within 3 %.
   */
  clip?: number;
}

export interface Calibration {
  axis: number;
  /** One value, or one per channel. */
  min: number[];
  max: number[];
  /** Mean per channel: what stands in for lost values. */
  mean: number[];
  /** Values seen in all. */
  count: number;
}

/** Gathers statistics over any number of tensors of one shape (but for the first dimension). */
export interface Calibrator {
  /** NaN and infinite values are passed over. */
  add(tensor: Tensor<"float32">): void;
  /** What was seen so far; throws when that was nothing. */
  result(): Calibration;
}

/** Calibrates over all tensors at once. */
export function calibrate(tensors: Iterable<Tensor<"float32">>, options: CalibrationOptions = {}): Calibration {
  const calibrator = createCalibrator(options);
  for (const tensor of tensors) calibrator.add(tensor);
  return calibrator.result();
}

export function createCalibrator(options: CalibrationOptions = {}): Calibrator {
  const { perChannel = false, axis = 1, clip = 0 } = options;
  if (!(clip >= 0 && clip < 0.5)) throw internal(`clip must be in [0, 0.5), got ${clip}`);
  let channels: Channel[] = [];
  return {
    add(tensor) {
      const count = tensor.dims[axis] ?? 1;
      if (channels.length === 0) channels = Array.from({ length: count }, () => emptyChannel(clip > 0));
      if (count !== channels.length) throw internal(`calibration over ${channels.length} and over ${count} channels`);
      const { inner } = channelRuns(tensor.dims, count, axis);
      const size = sizeOf(tensor.dims);
      for (let start = 0, run = 0; start < size; start += inner, run++) {
        observe(channels[run % count]!, tensor.data.subarray(start, start + inner));
      }
    },
    result() {
      const seen = channels.reduce((sum, channel) => sum + channel.count, 0);
      if (seen === 0) throw internal("calibration without values");
      const overall = channels.reduce(merged, emptyChannel(clip > 0));
      // A channel that never was finite takes the overall range and mean.
      const filled = channels.map((channel) => (channel.count === 0 ? overall : channel));
      const ranges = (perChannel ? filled : [overall]).map((channel) => rangeOf(channel, clip));
      return {
        axis,
        min: ranges.map(({ min }) => min),
        max: ranges.map(({ max }) => max),
        mean: filled.map(({ sum, count }) => sum / count),
        count: seen,
      };
    },
  };
}

/** Bins of a float's sign, exponent and first five fraction bits: each 3 % wide. */
const binBits = 14;

interface Channel {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** How many values fell into each bin, bins in the values' order. */
  bins?: Float64Array;
}

function emptyChannel(binned: boolean): Channel {
  const bins = binned ? { bins: new Float64Array(1 << binBits) } : {};
  return { count: 0, sum: 0, min: Infinity, max: -Infinity, ...bins };
}

function observe(channel: Channel, values: Float32Array): void {
  let { count, sum, min, max } = channel;
  for (const value of values) {
    if (value - value !== 0) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  Object.assign(channel, { count, sum, min, max });
  const { bins } = channel;
  if (!bins) return;
  for (const value of values) if (value - value === 0) bins[binOf(value)]!++;
}

function merged(a: Channel, b: Channel): Channel {
  const bins = a.bins && b.bins ? { bins: a.bins.map((count, i) => count + b.bins![i]!) } : {};
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    ...bins,
  };
}

const scratch = new DataView(new ArrayBuffer(4));

/** A float's bits ordered as the floats are: negative ones reversed, and below the positive ones. */
function binOf(value: number): number {
  scratch.setFloat32(0, value + 0); // -0 + 0 is 0
  const bits = scratch.getUint32(0);
  return (bits >>> 31 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0) >>> (32 - binBits);
}

/** The values at the lower and the upper edge of a bin. */
function binEdges(bin: number): [number, number] {
  const edge = (key: number): number => {
    scratch.setUint32(0, key >>> 31 ? key & 0x7fffffff : ~key);
    return scratch.getFloat32(0);
  };
  const low = (bin << (32 - binBits)) >>> 0;
  return [edge(low), edge((low | ((1 << (32 - binBits)) - 1)) >>> 0)];
}

function rangeOf({ count, min, max, bins }: Channel, clip: number): { min: number; max: number } {
  if (!bins) return { min, max };
  const outside = Math.floor(clip * count);
  const find = (from: number, step: number, edge: 0 | 1): number => {
    let passed = 0;
    let bin = from;
    while (passed + bins[bin]! <= outside) {
      passed += bins[bin]!;
      bin += step;
    }
    return binEdges(bin)[edge];
  };
  return { min: Math.max(min, find(0, 1, 0)), max: Math.min(max, find(bins.length - 1, -1, 1)) };
}
