/** @file What values a tensor takes: the range for quantisation and the mean that stands in for what is lost. */
import { internal } from "../errors/index.ts";
import { sizeOf, type Tensor } from "../tensor/index.ts";
import { channelRuns } from "./channels.ts";
import {
  binEdges,
  count as countValues,
  createCounter,
  histogramOf,
  mergedHistogram,
  type Counter,
  type Histogram,
} from "./histogram.ts";

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
  /** How often which values were seen, per channel. */
  histograms: Histogram[];
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
  let channels: (Channel & { counter: Counter })[] = [];
  return {
    add(tensor) {
      const count = tensor.dims[axis] ?? 1;
      if (channels.length === 0)
        channels = Array.from({ length: count }, () => ({ ...empty, counter: createCounter() }));
      if (count !== channels.length) throw internal(`calibration over ${channels.length} and over ${count} channels`);
      const { inner } = channelRuns(tensor.dims, count, axis);
      const size = sizeOf(tensor.dims);
      for (let start = 0, run = 0; start < size; start += inner, run++) {
        observe(channels[run % count]!, tensor.data.subarray(start, start + inner));
      }
    },
    result() {
      const seen = channels.map(({ counter, ...rest }) => ({ ...rest, histogram: histogramOf(counter) }));
      const overall = seen.reduce<Channel>(merged, empty);
      if (overall.count === 0) throw internal("calibration without values");
      const all = { ...overall, histogram: mergedHistogram(seen.map(({ histogram }) => histogram)) };
      // A channel that never was finite takes the overall range and mean.
      const filled = seen.map((channel) => (channel.count === 0 ? all : channel));
      const ranges = (perChannel ? filled : [all]).map((channel) => rangeOf(channel, clip));
      return {
        axis,
        min: ranges.map(({ min }) => min),
        max: ranges.map(({ max }) => max),
        mean: filled.map(({ sum, count }) => sum / count),
        histograms: filled.map(({ histogram }) => histogram),
        count: overall.count,
      };
    },
  };
}

interface Channel {
  count: number;
  sum: number;
  min: number;
  max: number;
}

const empty: Channel = { count: 0, sum: 0, min: Infinity, max: -Infinity };

function observe(channel: Channel & { counter: Counter }, values: Float32Array): void {
  let { count, sum, min, max } = channel;
  for (const value of values) {
    if (value - value !== 0) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  Object.assign(channel, { count, sum, min, max });
  countValues(channel.counter, values);
}

const merged = (a: Channel, b: Channel): Channel => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

function rangeOf(
  { count, min, max, histogram: { bins, counts } }: Channel & { histogram: Histogram },
  clip: number,
): { min: number; max: number } {
  const outside = Math.floor(clip * count);
  if (outside === 0) return { min, max };
  const find = (from: number, step: number, edge: 0 | 1): number => {
    let passed = 0;
    let i = from;
    while (passed + counts[i]! <= outside) {
      passed += counts[i]!;
      i += step;
    }
    return binEdges(bins[i]!)[edge];
  };
  return { min: Math.max(min, find(0, 1, 0)), max: Math.min(max, find(bins.length - 1, -1, 1)) };
}
