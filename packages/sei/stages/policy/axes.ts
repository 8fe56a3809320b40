/** @file The grid of a policy: what the user says, else around what the study's link is like. */
import { conditionOf, windowRates, type Axes } from "@split-et-impera/core/policy";
import type { RateTrace, Study } from "@split-et-impera/core/study";

/** Rates are three to a decade, so many either way, and to where a trace goes; round trips go by fours. */
const reach = { rates: 4, rtts: 2, further: 12 };
/** Round trips where the study's link has none, seconds. */
const usualRtts = [0, 0.01, 0.04];

export function axesOf(study: Study, asked: Partial<Axes>, trace: RateTrace | undefined, every: number): Axes {
  const { rate, rtt, loss } = conditionOf(study);
  return {
    rates: ascending(asked.rates ?? ratesAround(rate, trace ? windowRates(trace, every) : [])),
    rtts: ascending(
      asked.rtts ??
        (rtt === 0 ? usualRtts : Array.from({ length: 2 * reach.rtts }, (_, i) => rtt * 4 ** (i - reach.rtts + 1))),
    ),
    losses: ascending(asked.losses ?? [loss, ...study.explore.losses]),
  };
}

function ratesAround(given: number, seen: readonly number[]): number[] {
  const third = (rate: number): number => 3 * Math.log10(rate / given);
  const carried = seen.filter((rate) => rate > 0);
  const least = Math.min(-reach.rates, ...carried.map((rate) => Math.floor(third(rate))));
  const most = Math.max(reach.rates, ...carried.map((rate) => Math.ceil(third(rate))));
  const [from, to] = [Math.max(-reach.further, least), Math.min(reach.further, most)];
  return Array.from({ length: to - from + 1 }, (_, i) => given * 10 ** ((from + i) / 3));
}

/** With six digits, which is what a file needs. */
const ascending = (values: readonly number[]): number[] =>
  [...new Set(values.map((value) => Number(value.toPrecision(6))))].sort((a, b) => a - b);
