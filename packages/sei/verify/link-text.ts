/** @file A link in words. */
import type { LinkOptions } from "@split-et-impera/core/study";
import { formatDuration, formatPercent, formatRate } from "@split-et-impera/core/units";
import type { Cell } from "./cell.ts";

/** `10 Mbit/s, 5 ms, 1 % lost in bursts of 3`. */
export function linkText({
  rate,
  delay,
  loss: { rate: share, burst },
}: Pick<LinkOptions, "rate" | "delay" | "loss">): string {
  const losses = share === 0 ? "no loss" : `${formatPercent(share)} lost${burst > 1 ? ` in bursts of ${burst}` : ""}`;
  return `${formatRate(rate)}, ${formatDuration(delay)}, ${losses}`;
}

/** The way of a cell: its link's numbers, where they are known. */
export function wayText({ rate, delay, loss, burst }: Cell): string {
  if (rate === undefined || delay === undefined || loss === undefined || burst === undefined)
    return "the way between the hosts";
  return linkText({ rate, delay, loss: { rate: loss, burst } });
}

/** What the link was, and what it lost. */
export function madeText({ link: { kind, lossesByLink } }: Cell): string {
  return kind === "real"
    ? `between real hosts, ${lossesByLink} datagrams never came`
    : `link by ${kind}, ${lossesByLink} packets lost by it`;
}

/** Where the numbers of a cell's calibration are from. */
export function calibrationText({ link: { kind } }: Cell): string {
  return kind === "real" ? "as the run itself found it" : "measured before and after on a link that is not felt";
}
