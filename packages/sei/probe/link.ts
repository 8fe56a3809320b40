/** @file What a probe found as a study's link: its fields with their intervals, and the `links:` section. */
import { LONGEST_BURST, lossProblem } from "@split-et-impera/core/network";
import type { Estimate } from "@split-et-impera/core/statistics";
import { formatDuration, formatNumber, formatPercent, formatRate } from "@split-et-impera/core/units";
import type { Probed } from "@split-et-impera/runtime/probe";

/** A study's link, each number with its 95 % interval. SI units; a bound that is not known is `null`. */
export interface ProbedLink {
  between: readonly [string, string];
  rate: Interval;
  delay: Interval;
  loss: { rate: Interval; burst: Interval };
}

export interface Interval {
  value: number;
  lo: number;
  hi: number | null;
}

const interval = ({ value, lo, hi }: Estimate): Interval => ({ value, lo, hi: hi < Infinity ? hi : null });
/** Nothing was lost, so nothing is known of how. */
const single: Interval = { value: 1, lo: 1, hi: null };

/** A study's link has one rate and one loss: those of the way that frames go, from the host that asked to the other. */
export function linkOf({ hosts, there, delay }: Probed): ProbedLink {
  return {
    between: hosts,
    rate: interval(there.rate),
    delay: interval(delay),
    loss: { rate: interval(there.loss), burst: there.burst ? interval(there.burst) : single },
  };
}

/** The `links:` section, with what was found beside each number. */
export function linksSection(probed: Probed, date: Date): string {
  const { there, back, delay, seconds, echoes } = probed;
  const { between, rate, loss } = linkOf(probed);
  const at = date.toISOString().slice(0, 16).replace("T", " ");
  const span = (of: Estimate, format: (value: number) => string): string =>
    of.hi < Infinity
      ? `${format(of.lo)} to ${format(of.hi)}`
      : `or more: this machine sends no faster, or too little was sent`;
  const lossOf = (of: Estimate): string =>
    `${formatPercent(of.value)} (${formatPercent(of.lo)} to ${formatPercent(of.hi)})`;
  const burst = Math.min(loss.burst.value, LONGEST_BURST);
  // Of so much loss in so short runs, which few datagrams or rounded numbers can feign, a study takes the share alone.
  const inBursts = loss.burst.lo > 1 && lossProblem({ rate: Math.min(1, 1.01 * loss.rate.value), burst }) === undefined;
  const runs =
    loss.burst.value > burst ? `; runs of ${formatNumber(loss.burst.value)} in the mean, rather outages` : "";
  const lossValue = inBursts
    ? `{ rate: ${formatPercent(loss.rate.value)}, burst: ${formatNumber(burst)} }`
    : formatPercent(loss.rate.value);
  const lines: [string, string][] = [
    [`- between: [${between.join(", ")}]`, `sei probe, ${at} UTC, ${formatDuration(seconds, 2)}`],
    [`  rate: ${formatRate(rate.value)}`, `${span(there.rate, formatRate)}; back ${formatRate(back.rate.value)}`],
    [
      `  delay: ${formatDuration(delay.value)}`,
      `${span(delay, formatDuration)}: half of the least round trip, less what sending takes`,
    ],
    [`  loss: ${lossValue}`, `there ${lossOf(there.loss)}, back ${lossOf(back.loss)}, of ${echoes.count}${runs}`],
  ];
  const width = Math.max(...lines.map(([left]) => left.length));
  return ["links:", ...lines.map(([left, right]) => `  ${left.padEnd(width)}  # ${right}`)].join("\n");
}
