/** @file The emulated link's own code on a fake clock: what it does to packets is what the simulator does. */
import {
  createLink,
  FLOW,
  PacketPool,
  SIZE,
  VirtualClock,
  type Channel,
  type LinkParameters,
} from "@split-et-impera/core/network";
import { expect, test } from "vitest";
import { Pump, type Device } from "./pump.ts";
import { RealClock } from "./real-clock.ts";

const seed = 5;
const hosts = ["a", "b"] as const;

/** A device in memory: what is put in `inbox` is read, what is written stands in `outbox` with its time. */
class Memory implements Device {
  readonly inbox: Uint8Array[] = [];
  readonly outbox: { at: number; packet: Uint8Array }[] = [];
  readonly now: () => number;
  full = false;

  constructor(now: () => number) {
    this.now = now;
  }

  read(packet: Uint8Array): number {
    const next = this.inbox.shift();
    if (next === undefined) return 0;
    packet.set(next);
    return next.length;
  }

  write(packet: Uint8Array, bytes: number): boolean {
    if (this.full) return false;
    this.outbox.push({ at: this.now(), packet: packet.slice(0, bytes) });
    return true;
  }
}

interface Sending {
  at: number;
  bytes: number;
}

/** What arrives in the simulator: index of the packet and time. */
function simulated(parameters: LinkParameters, packets: readonly Sending[]): { index: number; at: number }[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const link = createLink(clock, pool, { name: "link", a: "a", b: "b", options: parameters }, seed);
  const arrived: { index: number; at: number }[] = [];
  const indices = new Map<number, number>();
  link.forward.targets[0] = {
    receive: (packet) => {
      arrived.push({ index: indices.get(packet)!, at: clock.now });
      pool.release(packet);
    },
  };
  const enter = (channel: Channel, { bytes }: Sending, index: number): void => {
    const packet = pool.take();
    indices.set(packet, index);
    pool.rows[packet + SIZE] = bytes;
    pool.rows[packet + FLOW] = 0;
    channel.send(packet);
  };
  for (const [index, one] of packets.entries()) clock.at(one.at, { fire: () => enter(link.forward, one, index) });
  clock.run();
  return arrived;
}

/** The same through the pump, its clock standing still between `tick` ns steps. */
function pumped(
  parameters: LinkParameters,
  packets: readonly Sending[],
  tick = 1,
): { arrived: { index: number; at: number; real: number }[]; pump: Pump; devices: [Memory, Memory] } {
  let real = 0;
  const clock = new RealClock(() => real);
  const devices: [Memory, Memory] = [new Memory(() => clock.now), new Memory(() => clock.now)];
  const pump = new Pump(clock, devices, { parameters, seed, name: "link", hosts, mtu: 1500 });
  const reals: number[] = [];
  const step = (): number => {
    const wait = pump.step();
    while (reals.length < devices[1].outbox.length) reals.push(real);
    return wait;
  };
  const until = (time: number): void => {
    for (let wait = step(); real < time; wait = step()) {
      real = Math.min(time, Math.ceil((real + Math.max(wait, 1)) / tick) * tick);
    }
  };
  for (const [index, { at, bytes }] of packets.entries()) {
    until(at);
    const packet = new Uint8Array(bytes);
    new DataView(packet.buffer).setUint32(0, index);
    devices[0].inbox.push(packet);
    step();
  }
  until(1e12);
  const arrived = devices[1].outbox.map(({ at, packet }, i) => ({
    index: new DataView(packet.buffer).getUint32(0),
    at,
    real: reals[i]!,
  }));
  return { arrived, pump, devices };
}

const steady = Array.from({ length: 400 }, (_, i) => ({ at: i * 100_000, bytes: 100 + ((i * 37) % 1400) }));
const cases: [string, LinkParameters][] = [
  ["rate and delay", { rate: 1e8, delay: 5e6 }],
  ["bursts of losses", { rate: 1e9, delay: 1e6, loss: { rate: 0.1, burst: 4 } }],
  ["a short queue", { rate: 3e7, delay: 2e6, queue: { packets: 5 } }],
  ["a token bucket", { rate: 3e7, bucket: 6000 }],
  ["jitter that reorders", { rate: 1e9, delay: 1e6, jitter: { range: 5e5, reorder: true } }],
  ["losses at the far end, half duplex", { rate: 1e8, loss: { rate: 0.2 }, lossAt: "exit", duplex: "half" }],
  ["CoDel", { rate: 2e7, codel: { target: 1e6, interval: 1e7 } }],
];

test.each(cases)("%s: the same packets at the same instants as in the simulator", (_, parameters) => {
  const { arrived, pump } = pumped(parameters, steady);
  expect(arrived.map(({ index, at }) => ({ index, at }))).toEqual(simulated(parameters, steady));
  const { sent, delivered, lossesByLink, queueDrops, refused } = pump.counters();
  expect(sent).toBe(steady.length);
  expect(delivered + lossesByLink + queueDrops).toBe(sent);
  expect(refused).toBe(0);
});

test("a clock that only looks every 2 ms releases late, says so, and schedules as if it were not", () => {
  const parameters = { rate: 1e8, delay: 5e6 };
  const { arrived, pump } = pumped(parameters, [{ at: 0, bytes: 1236 }], 2e6);
  // 1236 bytes and 14 of Ethernet take 0.1 ms; 5.1 ms is seen at 6.
  expect(arrived).toEqual([{ index: 0, at: 5.1e6, real: 6e6 }]);
  expect(pump.counters().lateness).toEqual({ p50: 0.9e-3, p99: 0.9e-3, max: 0.9e-3 });
});

test("what a full device refuses is told apart from what the link lost", () => {
  let real = 0;
  const clock = new RealClock(() => real);
  const devices: [Memory, Memory] = [new Memory(() => real), new Memory(() => real)];
  devices[1].full = true;
  const pump = new Pump(clock, devices, { parameters: { rate: 1e9 }, seed, name: "link", hosts, mtu: 1500 });
  devices[0].inbox.push(new Uint8Array(100));
  devices[1].inbox.push(new Uint8Array(200));
  pump.step();
  real = 1e6;
  expect(pump.step()).toBe(Infinity);
  expect(pump.counters()).toMatchObject({ sent: 2, lossesByLink: 0, queueDrops: 0, refused: 1 });
  expect(devices[0].outbox.map(({ packet }) => packet.length)).toEqual([200]);
});

test("a link without a bound holds no more than 65,536 packets", () => {
  const clock = new RealClock(() => 0);
  const devices: [Memory, Memory] = [new Memory(() => 0), new Memory(() => 0)];
  const pump = new Pump(clock, devices, { parameters: { rate: 1000 }, seed, name: "link", hosts, mtu: 64 });
  for (let i = 0; i < 65_600; i++) devices[0].inbox.push(new Uint8Array(40));
  while (devices[0].inbox.length > 0) pump.step();
  expect(pump.counters()).toMatchObject({ sent: 65_600, refused: 64 });
});
