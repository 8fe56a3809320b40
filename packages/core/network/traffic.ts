/** @file Background traffic: packets that only take room on a channel. */
import { InputError } from "../errors/index.ts";
import type { Random } from "../random/index.ts";
import type { Clock, Handler } from "./clock.ts";
import { IP_HEADER, MTU } from "./headers.ts";
import { LONGEST_NS } from "./link-options.ts";
import type { Channel } from "./channel.ts";
import { BLOCKS, FLAGS, FLOW, LENGTH, SEQ, SIZE, type PacketPool } from "./packet.ts";

export interface TrafficOptions {
  /** Mean bit/s of IP packets. */
  rate: number;
  /** Bytes per packet, IP header included. Default 1500. */
  packet?: number;
  /**
   * Packets at equal distances, at exponential ones, or at equal ones in exponential bursts: `on` and `off` are the
   * mean lengths in ns, and the mean rate stays `rate`. Default constant.
   */
  pattern?: "constant" | "poisson" | { on: number; off: number };
}

/** Where background traffic goes, and how long. */
export interface TrafficPlace {
  clock: Clock;
  pool: PacketPool;
  channel: Channel;
  random: Random;
  active: () => boolean;
}

/** bit/s that background traffic may have, 0 apart. */
const RATES = { least: 1, most: 1e12 };
/** Bytes of a packet, IP header included. */
const SIZES = { least: IP_HEADER, most: 65_535 };

/** @throws InputError `ERR_SCENARIO` where a value cannot be. */
export function checkTraffic({ rate, packet = MTU, pattern }: TrafficOptions): void {
  const fail = (field: string, expected: string, found: number): never => {
    throw new InputError("ERR_SCENARIO", `Expected ${field} of background traffic to be ${expected}, got ${found}`);
  };
  if (!(rate === 0 || (rate >= RATES.least && rate <= RATES.most))) {
    fail("the rate", `0, or ${RATES.least} to ${RATES.most} bit/s`, rate);
  }
  if (!(packet >= SIZES.least && packet <= SIZES.most)) {
    fail("a packet", `${SIZES.least} to ${SIZES.most} bytes`, packet);
  }
  if (typeof pattern !== "object") return;
  if (!(pattern.on >= 1 && pattern.on <= LONGEST_NS)) fail("on", `1 to ${LONGEST_NS} ns`, pattern.on);
  if (!(pattern.off >= 0 && pattern.off <= LONGEST_NS)) fail("off", `0 to ${LONGEST_NS} ns`, pattern.off);
}

/** Sends on `channel` while `active()`. */
export function startTraffic(options: TrafficOptions, { clock, pool, channel, random, active }: TrafficPlace): void {
  checkTraffic(options);
  const { rate, packet: size = MTU, pattern = "constant" } = options;
  if (rate === 0) return;
  const flow = channel.targets.length;
  channel.targets.push({ receive: (packet) => pool.release(packet) });
  const burst = typeof pattern === "object" ? pattern : undefined;
  const mean = (size * 8e9) / rate;
  const apart = burst ? (mean * burst.on) / (burst.on + burst.off) : mean;
  let next = random.uniform() * mean;
  let burstEnd = burst ? next + random.exponential() * burst.on : Infinity;
  const source: Handler = {
    fire: () => {
      if (!active()) return;
      const packet = pool.take();
      const { rows } = pool;
      rows[packet + SIZE] = size;
      for (const column of [SEQ, LENGTH, FLAGS, BLOCKS]) rows[packet + column] = 0;
      rows[packet + FLOW] = flow;
      channel.send(packet);
      next += pattern === "poisson" ? random.exponential() * apart : apart;
      if (burst !== undefined && next > burstEnd) {
        next = Math.max(next, burstEnd + random.exponential() * burst.off);
        burstEnd = next + random.exponential() * burst.on;
      }
      clock.at(Math.ceil(next), source);
    },
  };
  clock.at(Math.ceil(next), source);
}
