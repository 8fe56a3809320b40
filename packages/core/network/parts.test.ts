/** @file Parts of links that combine: rates over time, CoDel, contention, hops, background traffic. */
import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import {
  VirtualClock,
  createLink,
  freeFlow,
  PacketPool,
  route,
  simulateMessages,
  startTraffic,
  type Channel,
  type LinkParameters,
} from "./index.ts";
import { FLOW, SIZE } from "./packet.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

function link(options: LinkParameters): { clock: VirtualClock; pool: PacketPool; forward: Channel; backward: Channel } {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { forward, backward } = createLink(
    clock,
    pool,
    { name: "l", a: "a", b: "b", options: { header: 0, ...options } },
    1,
  );
  return { clock, pool, forward, backward };
}

/** Sends `count` packets of `size` bytes every `apart` ns and gives the arrival times. */
function arrivals(options: LinkParameters, count: number, size: number, apart = 0): number[] {
  const { clock, pool, forward } = link(options);
  const times: number[] = [];
  forward.targets[0] = { receive: (packet) => (times.push(clock.now), pool.release(packet)) };
  for (let i = 0; i < count; i++) clock.at(i * apart, { fire: () => put(pool, forward, size) });
  clock.run();
  return times;
}

function put(pool: PacketPool, channel: Channel, size: number, flow = 0): void {
  const packet = pool.take();
  pool.rows[packet + SIZE] = size;
  pool.rows[packet + FLOW] = flow;
  channel.send(packet);
}

test("a rate over time serves each byte at the rate of its moment", () => {
  // 1000 bytes are 8 ms at 1 Mbit/s; from 12 ms on nothing moves, from 20 ms on twice as fast.
  const rate = { times: [0, 12e6, 20e6], values: [1e6, 0, 2e6] };
  expect(arrivals({ rate }, 3, 1000)).toEqual([8e6, 22e6, 26e6]);
  // 8 ms of every 10 ms.
  const turns = { times: [0, 8e6], values: [1e6, 0], period: 10e6 };
  expect(arrivals({ rate: turns }, 3, 1000)).toEqual([8e6, 18e6, 28e6]);
  expect(() => arrivals({ rate: { times: [0], values: [0] } }, 1, 1000)).toThrow("to end above 0 bit/s");
});

test("a turn of rates that carries little is not walked through packet by packet", () => {
  // A bit per millisecond, in turns of a microsecond: 8000 seconds for a megabit, 8e9 turns.
  const turns = { times: [0, 500], values: [2000, 0], period: 1000 };
  const [first, second] = arrivals({ rate: turns }, 2, 1000);
  expect(first! / 8e9).toBeCloseTo(1, 6);
  expect(second! / 16e9).toBeCloseTo(1, 6);
});

test("background traffic that cannot be is refused by field", () => {
  const { clock, pool, forward } = link({ rate: 1e9 });
  const start = (options: Parameters<typeof startTraffic>[0]) => (): void => {
    startTraffic(options, { clock, pool, channel: forward, random: randomStream(1, "t"), active: () => true });
  };
  expect(start({ rate: 1e300 })).toThrow("the rate of background traffic to be 0, or 1 to 1000000000000 bit/s");
  expect(start({ rate: Number.NaN })).toThrow("the rate");
  expect(start({ rate: 1, packet: 0 })).toThrow("a packet");
  expect(start({ rate: 1, pattern: { on: 0, off: 1 } })).toThrow("on of background traffic");
  expect(clock.pending).toBe(0);
});

test("a delivery trace gives a packet of 1500 bytes per opportunity", () => {
  const rate = { milliseconds: [5, 5, 7, 20] };
  expect(arrivals({ rate }, 6, 1500).map((time) => time / 1e6)).toEqual([5, 5, 7, 20, 25, 25]);
  // Small packets share one.
  expect(arrivals({ rate }, 4, 500).map((time) => time / 1e6)).toEqual([5, 5, 5, 5]);
  // Opportunities that nobody used are gone.
  expect(arrivals({ rate }, 3, 1500, 6e6).map((time) => time / 1e6)).toEqual([5, 7, 20]);
});

test("a trace that is used once is refused where packets still wait at its end, and not before", () => {
  const once = { times: [0, 8e6], values: [1e6, 0], period: 20e6, once: true };
  expect(arrivals({ rate: once }, 1, 1000)).toEqual([8e6]);
  expect(() => arrivals({ rate: once }, 2, 1000)).toThrow("ends after 0.02 s while packets still wait");
  const milliseconds = [5, 7, 20];
  expect(arrivals({ rate: { milliseconds, once: true } }, 3, 1500).map((time) => time / 1e6)).toEqual(milliseconds);
  expect(() => arrivals({ rate: { milliseconds, once: true } }, 4, 1500)).toThrow("ends after 0.02 s");
  expect(() => arrivals({ rate: { times: [0], values: [1], once: true } }, 1, 1)).toThrow("to have a period");
});

test("opportunities of other sizes carry so much more", () => {
  expect(arrivals({ rate: { milliseconds: [5, 10], bytes: 3000 } }, 5, 1500).map((time) => time / 1e6)).toEqual([
    5, 5, 10, 10, 15,
  ]);
});

test("a delay over time keeps the order", () => {
  const delay = { times: [0, 10e6], values: [30e6, 1e6] };
  const times = arrivals({ rate: 1e9, delay }, 4, 125, 8e6);
  // The first two find 30 ms; the others would overtake the second.
  expect(times).toEqual([30_001_000, 38_001_000, 38_001_000, 38_001_000]);
});

test("CoDel keeps a queue short that tail drop lets grow", () => {
  const run = (options: Partial<LinkParameters>): number => {
    const { oneWay } = simulateMessages({
      link: { rate: 1e7, delay: 10e6, ...options },
      transport: { kind: "tcp", cc: "reno" },
      bytes: 20_000_000,
      count: 1,
      seed: 1,
      trace: ({ direction, inFlight }) => {
        if (direction === 0 && inFlight !== undefined) flights.push(inFlight);
      },
    });
    return oneWay[0]!;
  };
  let flights: number[] = [];
  const tail = run({});
  const deep = flights.slice(flights.length / 2).reduce((a, b) => a + b) / (flights.length / 2);
  flights = [];
  const managed = run({ codel: {} });
  const shallow = flights.slice(flights.length / 2).reduce((a, b) => a + b) / (flights.length / 2);
  expect(shallow).toBeLessThan(deep / 3);
  expect(managed).toBeLessThan(tail * 1.15);
});

test("a contended medium is shared fairly and loses only beyond the retries", () => {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const media = new Map();
  const options: LinkParameters = { rate: 54e6, medium: { name: "air" }, loss: { rate: 0.1 } };
  const counts = [0, 0, 0];
  const links = counts.map((_, i) => {
    const made = createLink(clock, pool, { name: `${i}`, a: "s", b: "ap", options }, 5, media);
    made.forward.targets[0] = { receive: (packet) => (counts[i]!++, pool.release(packet)) };
    return made.forward;
  });
  for (const channel of links) for (let i = 0; i < 20_000; i++) put(pool, channel, 1500);
  clock.run(1e9);
  const sum = counts.reduce((a, b) => a + b);
  // 54 Mbit/s less gaps, backoff, overhead, collisions and a tenth of the packets twice: 20 to 30 Mbit/s.
  expect((sum * 1500 * 8) / 1e6).toBeGreaterThan(20);
  expect((sum * 1500 * 8) / 1e6).toBeLessThan(32);
  for (const count of counts) expect(count / (sum / 3)).toBeGreaterThan(0.85);
  // One in ten to the eighth power is lost.
  expect(links.reduce((lost, { tally }) => lost + tally.lost, 0)).toBeLessThan(5);
  clock.run();
  for (const { tally } of links) expect(tally.sent).toBe(tally.delivered + tally.lost);
});

test("hops add up, and the slowest sets the pace", () => {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const hops = [1e8, 1e7, 1e9].map(
    (rate, i) =>
      createLink(clock, pool, { name: `${i}`, a: "a", b: "b", options: { rate, delay: 1e6, header: 0 } }, 1).forward,
  );
  const times: number[] = [];
  const flow = freeFlow(...hops);
  route(hops, flow, { receive: (packet) => (times.push(clock.now), pool.release(packet)) });
  for (let i = 0; i < 3; i++) put(pool, hops[0]!, 1250, flow);
  clock.run();
  // 0.1 + 1 + 0.01 ms of serialisation, three delays; then one per millisecond.
  expect(times).toEqual([4.11e6, 5.11e6, 6.11e6]);
});

test.each(["constant", "poisson", { on: 5e6, off: 15e6 }] as const)(
  "background traffic keeps its mean rate: %o",
  (pattern) => {
    const { clock, pool, forward } = link({ rate: 1e9 });
    const random = randomStream(1, "traffic");
    startTraffic({ rate: 2e7, pattern }, { clock, pool, channel: forward, random, active: () => clock.now < 20e9 });
    clock.run();
    expect((forward.tally.bytes * 8) / 20 / 2e7).toBeGreaterThan(0.9);
    expect((forward.tally.bytes * 8) / 20 / 2e7).toBeLessThan(1.1);
  },
);

test("handshakes cost their round trips", () => {
  const once = (handshake: "warm" | "tcp" | "tls"): number =>
    simulateMessages({
      link: { rate: 1e9, delay: 10e6 },
      transport: { kind: "tcp", handshake },
      bytes: 1000,
      count: 1,
      seed: 1,
    }).oneWay[0]! / 1e6;
  expect(once("warm")).toBeCloseTo(10, 1);
  expect(once("tcp")).toBeCloseTo(30, 1);
  expect(once("tls")).toBeCloseTo(50, 0);
});
