/** @file Background traffic: packets that only take room on a channel. */
import type { Random } from "../random/index.ts";
import type { Clock, Handler } from "./clock.ts";
import { MTU } from "./headers.ts";
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

/** Sends on `channel` while `active()`. */
export function startTraffic(options: TrafficOptions, { clock, pool, channel, random, active }: TrafficPlace): void {
  const { rate, packet: size = MTU, pattern = "constant" } = options;
  if (!(rate > 0)) return;
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
