/** @file A link in words. */
import type { LinkOptions } from "@split-et-impera/core/study";
import { formatDuration, formatPercent, formatRate } from "@split-et-impera/core/units";

/** `10 Mbit/s, 5 ms, 1 % lost in bursts of 3`. */
export function linkText({
  rate,
  delay,
  loss: { rate: share, burst },
}: Pick<LinkOptions, "rate" | "delay" | "loss">): string {
  const losses = share === 0 ? "no loss" : `${formatPercent(share)} lost${burst > 1 ? ` in bursts of ${burst}` : ""}`;
  return `${formatRate(rate)}, ${formatDuration(delay)}, ${losses}`;
}
