/** @file A trace of a rate in windows, and seen from a later moment. */
import { packOpportunities, unpackOpportunities, type RateTrace } from "../study/index.ts";

/** Bytes of an opportunity, as Mahimahi has them. */
const OPPORTUNITY_BITS = 1500 * 8;

/** Mean rates of the windows of so many seconds, bit/s, over the trace's length; a last one that is cut short is left out. */
export function windowRates(trace: RateTrace, every: number): number[] {
  const windows = Math.floor(trace.seconds / every + 1e-9);
  const bits = new Float64Array(windows);
  const add = (from: number, to: number, rate: number): void => {
    for (let w = Math.floor(from / every); w < windows && w * every < to; w++) {
      const overlap = Math.min(to, (w + 1) * every) - Math.max(from, w * every);
      bits[w]! += Math.max(0, overlap) * rate;
    }
  };
  if (trace.opportunities === undefined) {
    const { times, rates } = trace.steps!;
    for (const [i, rate] of rates.entries()) add(times[i]!, times[i + 1] ?? trace.seconds, rate);
  } else {
    for (const ms of unpackOpportunities(trace.opportunities)) {
      const window = Math.floor(ms / 1000 / every);
      if (window < windows) bits[window]! += OPPORTUNITY_BITS;
    }
  }
  return Array.from(bits, (sum) => sum / every);
}

/** The trace as it is from a moment on, over and over. */
export function startingAt(trace: RateTrace, from: number): RateTrace {
  const { file, seconds } = trace;
  const turned = (at: number): number => (at >= from ? at - from : at - from + seconds);
  if (trace.opportunities !== undefined) {
    const period = Math.round(1000 * seconds);
    const start = Math.round(1000 * from);
    const moved = unpackOpportunities(trace.opportunities).map((ms) => (ms > start ? ms - start : ms - start + period));
    return { file, end: "repeat", seconds, opportunities: packOpportunities(moved.sort((a, b) => a - b)) };
  }
  const { times, rates } = trace.steps!;
  const running = rates[times.findLastIndex((at) => at <= from)]!;
  const steps = times
    .map((at, i) => ({ at: turned(at), rate: rates[i]! }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => a.at - b.at);
  return {
    file,
    end: "repeat",
    seconds,
    steps: { times: [0, ...steps.map(({ at }) => at)], rates: [running, ...steps.map(({ rate }) => rate)] },
  };
}
