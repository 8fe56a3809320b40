/** @file Waiting before links, against queueing theory: M/D/1, M/D/c, and the loss of M/D/1 with one place more. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import { createLink, PacketPool, startTraffic, VirtualClock, type Channel, type LinkParameters } from "./index.ts";
import { FLOW, SENT, SIZE, type Receiver } from "./packet.ts";

/** 1250 bytes at 10 Mbit/s: a millisecond. */
const SERVICE = 1e6;
const link: LinkParameters = { rate: 1e7, header: 0 };

interface Measured {
  /** Mean wait in service times. */
  wait: number;
  arrived: number;
  overflowed: number;
}

/** Poisson packets of one size at a load per channel, spread over channels in turns. */
function poisson(load: number, packets: number, options = link, channels = 1): Measured {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const servers = Array.from(
    { length: channels },
    (_, i) => createLink(clock, pool, { name: `${i}`, a: "a", b: "b", options }, 1).forward,
  );
  let arrived = 0;
  let waited = 0;
  const receiver: Receiver = {
    receive: (packet) => {
      arrived++;
      waited += clock.now - pool.rows[packet + SENT]! - SERVICE;
      pool.release(packet);
    },
  };
  for (const server of servers) server.targets[0] = receiver;
  // The source needs a channel: one without any time of its own, whose packets go on in turns.
  const source = createLink(
    clock,
    pool,
    { name: "source", a: "a", b: "b", options: { rate: 1e15, header: 0 } },
    1,
  ).forward;
  let turn = 0;
  const random = randomStream(1, "poisson");
  const active = (): boolean => source.tally.sent < packets;
  startTraffic(
    { rate: load * channels * 1e7, packet: 1250, pattern: "poisson" },
    { clock, pool, channel: source, random, active },
  );
  source.targets[0] = {
    receive: (packet) => {
      pool.rows[packet + FLOW] = 0;
      pool.rows[packet + SIZE] = 1250;
      servers[turn++ % channels]!.send(packet);
    },
  };
  clock.run();
  const overflowed = servers.reduce((sum, { tally }: Channel) => sum + tally.overflowed, 0);
  return { wait: waited / arrived / SERVICE, arrived, overflowed };
}

/** Pollaczek and Khinchin: the mean wait in service times. */
const md1 = (load: number): number => load / (2 * (1 - load));

/**
 * Crommelin 1932 (Tijms, A First Course in Stochastic Models, 9.6): the mean wait of M/D/c in service times,
 * sum over i of P(X >= ic) - P(X > ic) / load, where X is Poisson of mean i c load.
 */
function mdc(load: number, servers: number): number {
  let sum = 0;
  for (let i = 1; i < 400; i++) {
    const mean = i * servers * load;
    let term = -mean;
    let below = Math.exp(term);
    for (let j = 1; j < i * servers; j++) {
      term += Math.log(mean / j);
      below += Math.exp(term);
    }
    const at = Math.exp(term + Math.log(mean / (i * servers)));
    sum += 1 - below - (1 - below - at) / load;
  }
  return sum;
}

test("the formula for several servers is the one for one", () => {
  for (const load of [0.3, 0.6, 0.8]) expect(mdc(load, 1)).toBeCloseTo(md1(load), 5);
});

test.each([
  [0.3, 1_000_000],
  [0.6, 2_000_000],
  [0.8, 5_000_000],
])("M/D/1 at a load of %f: mean wait within 1 %", (load, packets) => {
  const { wait } = poisson(load, packets);
  expect(wait / md1(load)).toBeGreaterThan(0.99);
  expect(wait / md1(load)).toBeLessThan(1.01);
});

test.each([
  [2, 0.6, 3_000_000],
  [4, 0.7, 5_000_000],
])("M/D/%i, links of one length used in turns, at a load of %f: mean wait within 1 %", (servers, load, packets) => {
  const { wait } = poisson(load, packets, link, servers);
  expect(wait / mdc(load, servers)).toBeGreaterThan(0.99);
  expect(wait / mdc(load, servers)).toBeLessThan(1.01);
});

test("M/D/1 with room for two, the one in service included: share lost within 1 %", () => {
  // A service without arrivals, e^-load of all, leaves it idle for 1 / load: one departs in 1 + e^-load / load service times.
  const load = 0.9;
  const lost = 1 - 1 / (load + Math.exp(-load));
  const { arrived, overflowed } = poisson(load, 1_000_000, { ...link, queue: { packets: 2 } });
  expect(overflowed / (arrived + overflowed) / lost).toBeCloseTo(1, 2);
});
