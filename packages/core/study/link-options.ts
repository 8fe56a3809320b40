/** @file A link of a study, resolved: SI units, plain data, what its files say included. */
import { unpackOpportunities } from "./opportunities.ts";
import type { CongestionName, JitterName } from "../network/index.ts";

/** What a link does to packets that go one way. */
export interface DirectionOptions {
  /** Bits per second; of one that changes over time, in the mean of its trace. */
  rate: number;
  /** How the rate changes over time; all of it is scaled so that `rate` is its mean. */
  trace?: RateTrace;
  /** One-way propagation, seconds. */
  delay: number;
  /** Added to the delay, packet by packet: seconds, what the distribution makes of it. */
  jitter?: { range: number; distribution: JitterName; reorder: boolean };
  /** Loss probability per packet; `burst` is the mean length of a run of losses (1 = independent). */
  loss: { rate: number; burst: number };
  /** Packets, or bytes, that wait at most before the link; later ones are dropped. */
  queue: number | { bytes: number };
  /** CoDel manages the queue: seconds. */
  codel?: { target: number; interval: number };
  /** Bytes that may leave at once after a pause. */
  bucket?: number;
}

export const directionFields = ["rate", "trace", "delay", "jitter", "loss", "queue", "codel", "bucket"] as const;

/** A rate over time, from a file. */
export interface RateTrace {
  /** As the study names it. */
  file: string;
  /** What comes after its end: it begins anew, its last rate holds, or that is an error. */
  end: "repeat" | "hold" | "error";
  /** Seconds from its begin to its end. */
  seconds: number;
  /** Either milliseconds in each of which 1500 bytes may leave (Mahimahi), as `unpackOpportunities` reads them, */
  opportunities?: string;
  /** or rates (bit/s) that hold from their times (seconds, the first 0) on. */
  steps?: { times: number[]; rates: number[] };
}

/** When a link is down: in stretches from the first second to the second, or in turns of these mean times in seconds. */
export type LinkOutages = { packets: "lost" | "wait" } & ({ at: [number, number][] } | { up: number; down: number });

/** What a link's senders share by contention, and the other stations there. Seconds, slots, packets. */
export interface LinkMedium {
  /** Links that name the same share one. */
  name: string;
  slot: number;
  gap: number;
  /** Of an access besides its bytes; of a collision. */
  overhead: number;
  collision: number;
  /** Slots to draw from at first, and at most. */
  window: [number, number];
  retries: number;
  /** Packets per access at most. */
  aggregate: number;
  /** Others, and what each of them sends; always full packets where that is absent. */
  stations: number;
  each?: { rate: number; packet: number };
}

/** Traffic that only takes room: packets of `packet` bytes at a mean rate, or TCP as fast as it goes. Seconds, bytes, bit/s. */
export type LinkTraffic = { from: string } & (
  | { pattern: "constant" | "poisson"; rate: number; packet: number }
  | { pattern: "on-off"; rate: number; packet: number; on: number; off: number }
  | { pattern: "download"; congestion: CongestionName; transfer?: number; pause: number }
);

export interface LinkOptions extends DirectionOptions {
  /** Two host names. */
  between: [string, string];
  /** From the second host to the first, all of it, where that way is another; absent: both ways are alike. */
  back?: DirectionOptions;
  duplex: "full" | "half";
  /** Bytes of link-layer header and trailer per packet. */
  header: number;
  /** Of both directions at once. */
  outages?: LinkOutages;
  /** Both directions' senders contend with all others on it. */
  medium?: LinkMedium;
  /** A TCP connection of its own for each message, opened first, with TLS or not; absent: one that is kept. */
  connections?: "fresh" | "fresh-tls";
  /** What else goes over it, from either of its hosts. */
  background?: LinkTraffic[];
  /** The name by which the study took what it did not say itself. */
  profile?: string;
}

/** What a link does from its first host to its second. */
export function directionOf(link: DirectionOptions): DirectionOptions {
  return Object.fromEntries(
    directionFields.flatMap((name) => (link[name] === undefined ? [] : [[name, link[name]]])),
  ) as unknown as DirectionOptions;
}

/** The same link as seen from its second host; itself where both ways are alike. */
export function turned(link: LinkOptions): LinkOptions {
  if (!link.back) return link;
  const { trace: _t, jitter: _j, codel: _c, bucket: _b, ...both } = link;
  const [a, b] = link.between;
  return { ...both, ...link.back, between: [b, a], back: directionOf(link) };
}

/** A link with some numbers of its first direction changed; what is alike both ways stays so. */
export function changed(link: LinkOptions, change: Partial<DirectionOptions>): LinkOptions {
  const { back } = link;
  if (!back) return { ...link, ...change };
  const alike = Object.entries(change).filter(
    ([name]) =>
      JSON.stringify(link[name as keyof LinkOptions]) === JSON.stringify(back[name as keyof DirectionOptions]),
  );
  return { ...link, ...change, back: { ...back, ...Object.fromEntries(alike) } };
}

/** The highest rate at which any packet of a direction may leave, bit/s; Infinity where some may leave at once. */
export function fastestRate({ rate, trace, bucket }: DirectionOptions): number {
  if (bucket !== undefined || trace?.opportunities !== undefined) return Infinity;
  return trace?.steps ? Math.max(...trace.steps.rates) * (rate / traceRate(trace)) : rate;
}

/** Bits per second of a trace in the mean over its length. */
export function traceRate({ seconds, opportunities, steps }: RateTrace): number {
  if (opportunities !== undefined) return (unpackOpportunities(opportunities).length * 1500 * 8) / seconds;
  const { times, rates } = steps!;
  return rates.reduce((sum, rate, i) => sum + rate * ((times[i + 1] ?? seconds) - times[i]!), 0) / seconds;
}

/** Seconds of an access with one packet of `bytes` on the wire, waiting for nobody: the gap, half of the first window, the overhead. */
export function accessSeconds({ medium, rate }: Pick<LinkOptions, "medium" | "rate">, bytes: number): number {
  if (!medium) return (8 * bytes) / rate;
  const { gap, slot, overhead, window } = medium;
  return gap + (slot * (window[0] - 1)) / 2 + overhead + (8 * bytes) / rate;
}
