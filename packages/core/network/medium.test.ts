/** @file A medium shared by contention: Bianchi's model of 802.11, lone stations, aggregates. */
import { expect, test } from "vitest";
import {
  createLink,
  PacketPool,
  VirtualClock,
  type Channel,
  type ContentionOptions,
  type LinkParameters,
} from "./index.ts";
import { FLOW, SENT, SIZE } from "./packet.ts";
import { bianchi, type Air } from "./testing/bianchi.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

/**
 * Bianchi 2000, Performance Analysis of the IEEE 802.11 Distributed Coordination Function (IEEE JSAC 18(3)), table II: 1 Mbit/s,
 * 8184 bits of payload; headers of MAC and PHY 400 bits, acknowledgement 240, SIFS 28 us, DIFS 128 us, slot 50 us, propagation 1 us.
 * The header's bits are in the overhead, in microseconds.
 */
const fhss: Air = {
  window: 32,
  stages: 3,
  slot: 50e3,
  gap: 128e3,
  overhead: (400 + 28 + 1 + 240 + 1) * 1e3,
  collision: (400 + 1) * 1e3,
  bytes: 1023,
  rate: 1e6,
};
/** 802.11a/g at 54 Mbit/s: preamble 20 us, SIFS 16 us, acknowledgement at 24 Mbit/s 28 us; all wait for it after a collision, too. */
const ofdm: Air = {
  window: 16,
  stages: 6,
  slot: 9e3,
  gap: 34e3,
  overhead: 64e3,
  collision: 64e3,
  bytes: 1500,
  rate: 54e6,
};

function mediumOf({ window, stages, slot, gap, overhead, collision }: Air): ContentionOptions {
  return { slot, gap, overhead, collision, windowMin: window, windowMax: window * 2 ** stages, retries: Infinity };
}

/** Stations that always have packets: share of the time in which payload is sent, and each station's share of it. */
function saturated(
  air: Air,
  n: number,
  seconds: number,
  more: ContentionOptions = {},
): { share: number; shares: number[] } {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const media = new Map();
  const options: LinkParameters = { rate: air.rate, header: 0, medium: { name: "air", ...mediumOf(air), ...more } };
  const counts = Array.from({ length: n }, () => 0);
  const put = (channel: Channel): void => {
    const packet = pool.take();
    pool.rows[packet + SIZE] = air.bytes;
    pool.rows[packet + FLOW] = 0;
    channel.send(packet);
  };
  for (let i = 0; i < n; i++) {
    const { forward } = createLink(clock, pool, { name: `${i}`, a: "s", b: "ap", options }, 1, media);
    forward.targets[0] = {
      receive: (packet) => {
        counts[i]!++;
        pool.release(packet);
        put(forward);
      },
    };
    for (let k = 0; k < 2 * (more.aggregate ?? 1); k++) put(forward);
  }
  clock.run(seconds * 1e9);
  const sum = counts.reduce((a, b) => a + b);
  return { share: (sum * air.bytes * 8) / air.rate / seconds, shares: counts.map((one) => one / sum) };
}

const cells = [2, 3, 5, 10, 15, 20].flatMap((n) => [
  [n, "his FHSS, W 32, m 3", fhss, 400] as const,
  [n, "his FHSS, W 32, m 5", { ...fhss, stages: 5 }, 400] as const,
  [n, "his FHSS, W 128, m 3", { ...fhss, window: 128 }, 400] as const,
  [n, "802.11a/g", ofdm, 10] as const,
]);

test.each(cells)(
  "%i saturated stations, %s: throughput within 5 %% of Bianchi's model, shared fairly",
  (n, _, air, seconds) => {
    const { share, shares } = saturated(air, n, seconds);
    const ratio = share / bianchi(air, n);
    expect(ratio).toBeGreaterThan(0.95);
    expect(ratio).toBeLessThan(1.05);
    for (const one of shares) expect(one * n).toBeGreaterThan(0.75);
  },
);

test("one saturated station waits for half the window in the mean", () => {
  const { window, slot, gap, overhead, bytes, rate } = ofdm;
  const payload = (bytes * 8e9) / rate;
  const expected = payload / (payload + overhead + gap + ((window - 1) / 2) * slot);
  expect(bianchi(ofdm, 1)).toBeCloseTo(expected, 9);
  expect(saturated(ofdm, 1, 10).share / expected).toBeCloseTo(1, 2);
});

test("of saturated stations aggregates of 16 pay for access a sixteenth as often", () => {
  // As packets of 16 times the size.
  const { share } = saturated(ofdm, 5, 20, { aggregate: 16 });
  const ratio = share / bianchi({ ...ofdm, bytes: 16 * ofdm.bytes }, 5);
  expect(ratio).toBeGreaterThan(0.95);
  expect(ratio).toBeLessThan(1.05);
});

/** One station; packets at `times`; when each arrived. */
function lone(times: readonly number[], options: Partial<LinkParameters>): number[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const air: LinkParameters = { rate: 12e6, header: 0, medium: { name: "air" }, ...options };
  const { forward } = createLink(clock, pool, { name: "l", a: "s", b: "ap", options: air }, 1);
  const arrived: number[] = [];
  forward.targets[0] = {
    receive: (packet) => {
      arrived.push(clock.now - pool.rows[packet + SENT]!);
      pool.release(packet);
    },
  };
  for (const time of times) {
    const fire = (): void => {
      const packet = pool.take();
      pool.rows[packet + SIZE] = 1500;
      pool.rows[packet + FLOW] = 0;
      forward.send(packet);
    };
    clock.at(time, { fire });
  }
  clock.run();
  return arrived;
}

test("a lone station on a free medium sends at once: a millisecond of bytes and the overhead", () => {
  expect(lone([0, 10e6, 20e6], {})).toEqual([1_070_000, 1_070_000, 1_070_000]);
});

test("what follows at once waits for the gap and the slots drawn", () => {
  const [first, second] = lone([0, 0], {});
  expect(first).toBe(1_070_000);
  const slots = (second! - first! - 34_000 - 1_070_000) / 9000;
  expect(Number.isInteger(slots) && slots >= 0 && slots < 16).toBe(true);
});

test("an aggregate pays for the access once, and is as long as may be", () => {
  const medium = { name: "air", aggregate: 4 };
  const times = lone([0, 0, 0, 0, 0], { medium });
  expect(times.slice(0, 4)).toEqual([4_070_000, 4_070_000, 4_070_000, 4_070_000]);
  expect(times[4]).toBeGreaterThanOrEqual(4_070_000 + 34_000 + 1_070_000);
  const short = lone([0, 0, 0, 0, 0], { medium: { ...medium, longest: 2_500_000 } });
  expect(short.slice(0, 2)).toEqual([2_070_000, 2_070_000]);
  expect(short[2]).toBe(short[3]);
  expect(short[4]).toBeGreaterThan(short[3]!);
});

test("aggregates keep the order although single packets are lost, and lose what is not heard in all tries", () => {
  const times = Array.from({ length: 400 }, (_, i) => i * 5e5);
  const sent = lone(times, { medium: { name: "air", aggregate: 8 }, loss: { rate: 0.3 } });
  const at = sent.map((after, i) => after + times[i]!);
  expect(at).toHaveLength(400);
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(lone([0, 0], { medium: { name: "air", aggregate: 2, retries: 3 }, loss: { rate: 1 } })).toEqual([]);
});
