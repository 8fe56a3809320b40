/** @file A train of datagrams through a bottleneck: how fast they leave it. */
import { quantile, quantileInterval, type Estimate } from "@split-et-impera/core/statistics";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicNs } from "../messages/index.ts";
import { mostCount } from "./datagram.ts";

/** Long trains are looked at in so many parts, each of at least so many datagrams; shorter ones as a whole. */
const parts = 4;
const leastPart = 20;
/** Pairs of neighbours that a part needs to say something. */
const leastPairs = 2;

/** What came of a train. */
export interface TrainCame {
  received: number;
  /** Of each part: the mean ns between neighbours that both came; 0 where there are too few. */
  between: readonly number[];
}

/** When the datagrams of a train came. */
export class TrainArrivals {
  private readonly at = new Float64Array(mostCount);
  received = 0;
  /** ns; 0: none yet. */
  last = 0;
  private first = 0;

  mark(index: number, now: number): void {
    if (this.at[index] !== 0) return;
    this.at[index] = now;
    if (this.received++ === 0) this.first = now;
    this.last = now;
  }

  /** The mean ns between two that came; Infinity before the second. */
  get between(): number {
    return this.received > 1 ? (this.last - this.first) / (this.received - 1) : Infinity;
  }

  /**
   * While datagrams wait before the bottleneck, neighbours leave it a datagram's time apart. Only neighbours that both came
   * count: whether one that is lost took its time before is not known. By parts, so that what stops a program for some
   * milliseconds spoils one of them.
   */
  came(count: number): TrainCame {
    const size = count >= parts * leastPart ? Math.ceil(count / parts) : count;
    const between = Array.from({ length: parts }, (_, part) =>
      this.betweenIn(part * size, Math.min(count, (part + 1) * size)),
    );
    return { received: this.received, between };
  }

  private betweenIn(from: number, to: number): number {
    let pairs = 0;
    let sum = 0;
    for (let i = from + 1; i < to; i++) {
      if (this.at[i] === 0 || this.at[i - 1] === 0) continue;
      pairs++;
      sum += this.at[i]! - this.at[i - 1]!;
    }
    return pairs < leastPairs ? 0 : sum / pairs;
  }
}

/** ns without a datagram after which no more of a train is waited for: at least, and where fewer than two have come. */
const quietNs = 100e6;
const mostQuietNs = 1e9;

/** Resolves when all of a train have come, or nothing has for four times as long as between two of it. Its sender is done. */
export async function settled(arrivals: TrainArrivals, count: number): Promise<void> {
  const began = monotonicNs();
  while (arrivals.received < count) {
    const patience = Math.min(mostQuietNs, Math.max(quietNs, 4 * arrivals.between));
    if (monotonicNs() - Math.max(began, arrivals.last) > patience) return;
    await sleep(5);
  }
}

/** A train that was sent, seen from both its ends. Bits a second on the link. */
export interface Train {
  /** At which it was sent. */
  offered: number;
  /** At which each of its parts came; none where too little came to say. */
  came: readonly number[];
}

/** @param bits of a datagram on the link */
export function seen(bits: number, count: number, offeredNs: number, between: readonly number[]): Train {
  return {
    offered: offeredNs > 0 ? (bits * (count - 1) * 1e9) / offeredNs : Infinity,
    came: between.filter((ns) => ns > 0).map((ns) => (bits * 1e9) / ns),
  };
}

/** Below this share of what was offered the link, not the sender, set the pace. */
const saturated = 0.93;

export const isSaturated = ({ offered, came }: Train): boolean =>
  came.length > 0 && quantile(came, 0.5) < saturated * offered;

/** Bits a second up to which two hosts' programs surely are no bottleneck themselves. */
const surest = 200e6;

/**
 * The rate of a bottleneck: the median over all parts of trains that filled it, with its interval. Where none did, the fastest
 * that came is a bound from below: `hi` is Infinity, as it is where the link may be faster than the programs at its ends.
 */
export function rateEstimate(trains: readonly Train[]): Estimate {
  const full = trains.filter(isSaturated).flatMap(({ came }) => came);
  if (full.length > 0) {
    const { value, lo, hi, n } = quantileInterval(full, 0.5);
    // Fewer than six have no such interval: they bound the rate from below.
    return { value, lo: lo > 0 ? lo : Math.min(...full), hi: value > surest ? Infinity : hi, n };
  }
  const all = trains.flatMap(({ came }) => came);
  const most = Math.max(0, ...all);
  return { value: most, lo: most, hi: Infinity, n: all.length };
}
