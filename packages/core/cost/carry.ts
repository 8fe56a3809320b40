/** @file How the cost of work carries over from the machine that ran it to another host. */
import { quantile } from "../statistics/index.ts";
import type { Cost } from "./cost.ts";

/**
 * The same work on a machine that is `1 / factor` times as fast. What an empty call takes is not multiplied: it is what
 * the engine and the language around it do, and says nothing of how fast a host computes. Nor is what single runs take
 * beyond the usual, which are interruptions: those do not last longer where the work does.
 * @param call seconds of an empty call there; default: as here
 */
export function scaled(cost: Cost, factor: number, call = cost.call ?? 0): Cost {
  const here = cost.call ?? 0;
  if (factor === 1 && call === here) return cost;
  const usual = usualMost(cost);
  const there = (seconds: number): number =>
    factor * Math.max(0, Math.min(seconds, usual) - here) + call + Math.max(0, seconds - usual);
  const seconds = there(cost.seconds);
  return {
    ...cost,
    seconds,
    lo: Math.min(seconds, there(cost.lo)),
    hi: Math.max(seconds, factor * Math.max(0, cost.hi - here) + call),
    ...(call > 0 && { call }),
    ...(cost.samples && { samples: cost.samples.map(there) }),
  };
}

/** What a run takes at most unless something interrupts it: three quartile ranges above the upper quartile (Tukey's outer fence). */
function usualMost({ samples }: Cost): number {
  if (!samples || samples.length < 4) return Infinity;
  const [lower, upper] = [quantile(samples, 0.25), quantile(samples, 0.75)];
  return upper + 3 * (upper - lower);
}

/** The cost with its location moved to one end of its interval, its runs with it. */
export function atEdge(cost: Cost, edge: "lo" | "hi"): Cost {
  if (cost[edge] === cost.seconds || cost.seconds === 0) return cost;
  const factor = cost[edge] / cost.seconds;
  return {
    ...cost,
    seconds: cost[edge],
    ...(cost.samples && { samples: cost.samples.map((seconds) => factor * seconds) }),
  };
}

/** `cost` with no run longer than the same share of `limit`'s: a part of some work takes no longer than all of it. */
export function within(cost: Cost, limit: Cost): Cost {
  const samples =
    cost.samples && limit.samples
      ? cost.samples.map((seconds, i, { length }) =>
          Math.min(seconds, limit.samples![Math.floor((i / length) * limit.samples!.length)]!),
        )
      : cost.samples?.map((seconds) => Math.min(seconds, limit.seconds));
  return {
    ...cost,
    seconds: Math.min(cost.seconds, limit.seconds),
    lo: Math.min(cost.lo, limit.lo),
    hi: Math.min(cost.hi, limit.hi),
    ...(samples && { samples }),
  };
}

/**
 * The cost of one item by itself, from a call with one and a call with many: `many` is the call and `times` items. What
 * the call takes is kept apart, and single runs vary as the mean of many items does.
 */
export function perItem(single: Cost, many: Cost, times: number): Cost {
  const item = Math.min(single.seconds, Math.max(0, (many.seconds - single.seconds) / (times - 1)));
  const call = single.seconds - item;
  const one = (seconds: number): number => call + Math.max(0, seconds - call) / times;
  return {
    ...many,
    seconds: one(many.seconds),
    lo: one(many.lo),
    hi: one(many.hi),
    ...(call > 0 && { call }),
    ...(many.samples && { samples: many.samples.map(one) }),
  };
}
