/** @file What a probe found. */
import { quantile, quantileInterval, type Estimate } from "@split-et-impera/core/statistics";
import type { LossEstimate } from "./losses.ts";

/** One direction of the way between two hosts. */
export interface ProbedDirection {
  /** Bits a second on the link, its header included; `hi` is Infinity where this machine could not fill it. */
  rate: Estimate;
  loss: LossEstimate["rate"];
  /** Absent where nothing was lost. */
  burst?: Estimate;
  /** Seconds: what a datagram took longer than the quickest one, p95. Needs no common clock. */
  jitter: Estimate;
}

export interface Probed {
  /** The host that asked, and the one that answered. */
  hosts: readonly [string, string];
  /** That it took, and bytes of IP packets of datagrams. */
  seconds: number;
  bytes: number;
  there: ProbedDirection;
  back: ProbedDirection;
  /** Seconds, of the echoes. */
  rtt: { min: number; median: Estimate; p95: Estimate; n: number };
  /**
   * Seconds of propagation, one way: half of the least round trip, less what the echo takes at the rates. Which way of the
   * two takes longer cannot be told without clocks that agree.
   */
  delay: Estimate;
  /** Echoes, and bytes of each as an IP packet. */
  echoes: { count: number; bytes: number };
  /** Datagrams that sockets of the two hosts had no room for: they count as lost, and were not by the link. */
  dropped: number;
}

/** One echo that came back: seconds there and back by clocks that do not agree, and around. */
export interface Echo {
  there: number;
  back: number;
  around: number;
}

export function jitterOf(seconds: readonly number[]): Estimate {
  const least = Math.min(...seconds);
  return quantileInterval(
    seconds.map((one) => one - least),
    0.95,
  );
}

export function rttOf(echoes: readonly Echo[]): Probed["rtt"] {
  const around = echoes.map((echo) => echo.around);
  return {
    min: Math.min(...around),
    median: quantileInterval(around, 0.5),
    p95: quantileInterval(around, 0.95),
    n: around.length,
  };
}

/**
 * Half of what the least round trip leaves when the echo's own time at both rates is taken off; `lo` by the slowest rates that
 * may be, `hi` by a round trip that surely a tenth of the echoes undercut.
 */
export function delayOf(echoes: readonly Echo[], linkBits: number, rates: readonly [Estimate, Estimate]): Estimate {
  const around = echoes.map((echo) => echo.around);
  const sending = (of: (rate: Estimate) => number): number => rates.reduce((sum, rate) => sum + linkBits / of(rate), 0);
  const half = (rtt: number, of: (rate: Estimate) => number): number => Math.max(0, (rtt - sending(of)) / 2);
  const least = quantile(around, 0);
  const tenth = quantileInterval(around, 0.1).hi;
  return {
    value: half(least, (rate) => rate.value),
    lo: half(least, (rate) => rate.lo),
    hi: half(tenth < Infinity ? tenth : Math.max(...around), (rate) => rate.hi),
    n: around.length,
  };
}
