/** @file Which range uniform steps cover: all that was seen, or less where finer steps are worth more than the extremes. */
import type { Calibration } from "../calibrate.ts";
import { binEdges, mergedHistogram, type Histogram } from "../histogram.ts";
import type { Steps } from "./quantise.ts";

/** Steps over all values seen, widened to hold zero, so that zero (padding, what a ReLU cuts off) has a code of its own. */
export function wholeRange({ min, max, axis }: Calibration, bits: number): Steps {
  const found = min.map((low, i) => stepsOver(Math.min(0, low), Math.max(0, max[i]!), bits));
  return { scale: found.map(({ scale }) => scale), zero: found.map(({ zero }) => zero), axis };
}

/**
 * Steps over the range with the least squared error over what was seen, zero exact: from all of it down to a twentieth, as
 * closed forms for Laplace and half-normal values go from 1 to 1/10 (Banner et al., 2019), but by what the tensor is like.
 */
export function clippedRange(calibration: Calibration, bits: number): Steps {
  const { min, max, axis, histograms } = calibration;
  const seen = min.length === histograms.length ? histograms : [mergedHistogram(histograms)];
  const found = min.map((low, i) => leastError(seen[i]!, Math.min(0, low), Math.max(0, max[i]!), bits));
  return { scale: found.map(({ scale }) => scale), zero: found.map(({ zero }) => zero), axis };
}

/** The same codes with steps so many times as wide: for the range about zero that wide. */
export const stretched = ({ scale, ...others }: Steps, times: number): Steps =>
  times === 1
    ? { scale, ...others }
    : { scale: scale.map((step) => Math.max(2 ** -126, Math.fround(step * times))), ...others };

/**
 * The same steps over a wider range: where codes take as many bits as they are unlikely, those of seldom values cost next to
 * nothing, and moving them to an end costs quality.
 * @param bits of the codes
 */
export function widened({ scale, zero, axis }: Steps, { min, max }: Calibration, bits: number): Steps {
  const most = 2 ** bits - 1;
  const found = scale.map((step, i) => {
    const [low, high] = [Math.min(0, min[i]!), Math.max(0, max[i]!)];
    const below = Math.ceil(-low / step);
    // What does not fit is left out on both sides alike.
    if (below + Math.ceil(high / step) <= most) return below;
    return Math.min(most, Math.max(zero[i]!, Math.round((most * -low) / (high - low))));
  });
  return { scale, zero: found, axis };
}

interface Step {
  scale: number;
  zero: number;
}

function stepsOver(low: number, high: number, bits: number): Step {
  const most = 2 ** bits - 1;
  // The least normal float32 stands in for a range of nothing but zero.
  const scale = Math.max(Math.fround((high - low) / most), 2 ** -126);
  return { scale, zero: Math.min(most, Math.max(0, Math.round(-low / scale))) };
}

function leastError({ bins, counts }: Histogram, low: number, high: number, bits: number): Step {
  const most = 2 ** bits - 1;
  const values = Float64Array.from(bins, (bin) => {
    const [from, to] = binEdges(bin);
    return (Math.max(from, low) + Math.min(to, high)) / 2;
  });
  const errorOf = ({ scale, zero }: Step): number => {
    let error = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const code = Math.max(0, Math.min(most, Math.round(value / scale) + zero));
      error += counts[i]! * (value - (code - zero) * scale) ** 2;
    }
    return error;
  };
  let best = stepsOver(low, high, bits);
  let least = errorOf(best);
  const tried = (part: number): number => {
    let own = Infinity;
    const { scale, zero } = stepsOver(low * part, high * part, bits);
    // With few codes it matters on which side of zero the odd one stands.
    for (const beside of [0, -1, 1]) {
      const step = { scale, zero: zero + beside };
      if (step.zero < 0 || step.zero > most) continue;
      const error = errorOf(step);
      own = Math.min(own, error);
      if (error < least) [best, least] = [step, error];
    }
    return own;
  };
  let [part, found] = [1, Infinity];
  for (let next = 1; next > 0.05; next *= 0.85) {
    const error = tried(next);
    if (error < found) [part, found] = [next, error];
  }
  for (const factor of [0.9, 0.95, 1.05, 1.1]) tried(Math.min(1, part * factor));
  return best;
}
