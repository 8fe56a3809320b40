import { expect, test } from "vitest";
import { randomStream } from "../random/index.ts";
import {
  createLink,
  createLoss,
  LONGEST_BURST,
  lossProblem,
  PacketPool,
  VirtualClock,
  type LinkParameters,
} from "./index.ts";
import { FLOW, SIZE } from "./packet.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

/** Sends packets of `sizes` (with IP header) at `times` and gives the arrivals, in order. */
function arrivals(
  options: LinkParameters,
  times: number[],
  sizes: number[],
  seed = 1,
): { index: number; at: number }[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const { forward } = createLink(clock, pool, { name: "l", a: "a", b: "b", options }, seed);
  const seen: { index: number; at: number }[] = [];
  const indexOf = new Map<number, number>();
  forward.targets[0] = {
    receive: (packet) => {
      seen.push({ index: indexOf.get(packet)!, at: clock.now });
      pool.release(packet);
      const { sent, delivered, lost, overflowed } = forward.tally;
      // Packets of the pool that are neither waiting to be sent nor released are the ones under way.
      if (sent !== delivered + lost + overflowed + pool.live) throw new Error("a packet is unaccounted for");
    },
  };
  for (const [index, time] of times.entries()) {
    clock.at(time, {
      fire: () => {
        const packet = pool.take();
        pool.rows[packet + SIZE] = sizes[index] ?? sizes[0]!;
        pool.rows[packet + FLOW] = 0;
        indexOf.set(packet, index);
        forward.send(packet);
      },
    });
  }
  clock.run();
  expect(forward.underWay).toBe(0);
  expect(pool.live).toBe(0);
  return seen;
}

const zeros = (n: number): number[] => Array.from({ length: n }, () => 0);

test("a burst leaves one serialisation after the other, exactly, at any rate", () => {
  // 1500 bytes and 14 of header at 7 Mbit/s are 1730285.7 ns: the fraction must not accumulate.
  const rate = 7e6;
  const seen = arrivals({ rate, delay: 123 }, zeros(1000), [1500]);
  for (const [i, { at }] of seen.entries()) {
    expect(at).toBe(Math.round(((i + 1) * 1514 * 8e9) / rate + 123));
  }
});

test("a full queue drops the tail", () => {
  const seen = arrivals({ rate: 1e6, queue: { packets: 3 } }, zeros(10), [986]);
  expect(seen.map(({ index }) => index)).toEqual([0, 1, 2]);
  const bytes = arrivals({ rate: 1e6, queue: { bytes: 2500 } }, zeros(10), [986]);
  expect(bytes.map(({ index }) => index)).toEqual([0, 1]);
  // 8 ms per packet: after 10 ms one has left, and its place is free.
  const later = arrivals({ rate: 1e6, queue: { packets: 2 } }, [0, 0, 0, 10e6, 10e6], [986]);
  expect(later.map(({ index }) => index)).toEqual([0, 1, 3]);
});

test("a token bucket lets its bytes go at once, then keeps the rate", () => {
  const seen = arrivals({ rate: 1e6, bucket: 3000 }, zeros(5), [986]);
  expect(seen.map(({ at }) => at)).toEqual([0, 0, 0, 8e6, 16e6]);
});

test("half duplex shares one medium", () => {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const link = createLink(clock, pool, { name: "l", a: "a", b: "b", options: { rate: 1e6, duplex: "half" } }, 1);
  const times: number[] = [];
  for (const channel of [link.forward, link.backward, link.forward]) {
    channel.targets[0] = { receive: (packet) => (times.push(clock.now), pool.release(packet)) };
    const packet = pool.take();
    pool.rows[packet + SIZE] = 986;
    pool.rows[packet + FLOW] = 0;
    channel.send(packet);
  }
  clock.run();
  expect(times).toEqual([8e6, 16e6, 24e6]);
});

test("jitter keeps the order unless reordering is asked for", () => {
  const times = Array.from({ length: 500 }, (_, i) => i * 1e5);
  const jitter = { range: 1e7 };
  const ordered = arrivals({ rate: 1e9, jitter }, times, [100]).map(({ index }) => index);
  expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
  const mixed = arrivals({ rate: 1e9, jitter: { ...jitter, reorder: true } }, times, [100]).map(({ index }) => index);
  expect(mixed).not.toEqual(ordered);
  expect([...mixed].sort((a, b) => a - b)).toEqual(ordered);
});

test.each([
  [0.01, 1],
  [0.05, 4],
  [0.2, 10],
])("loss %f in bursts of %i has that mean and that length of runs", (rate, burst) => {
  const n = 200_000;
  const times = Array.from({ length: n }, (_, i) => i * 1000);
  const seen = arrivals({ rate: 1e12, loss: { rate, burst } }, times, [100]);
  const arrived = new Uint8Array(n);
  for (const { index } of seen) arrived[index] = 1;
  let lost = 0;
  let runs = 0;
  for (let i = 0; i < n; i++) {
    if (arrived[i] === 1) continue;
    lost++;
    if (i === 0 || arrived[i - 1] === 1) runs++;
  }
  expect(lost / n / rate).toBeGreaterThan(0.9);
  expect(lost / n / rate).toBeLessThan(1.1);
  const length = burst === 1 ? 1 / (1 - rate) : burst;
  expect(lost / runs / length).toBeGreaterThan(0.93);
  expect(lost / runs / length).toBeLessThan(1.07);
});

test("outages and named packets are lost, and nothing else", () => {
  const times = [0, 5, 10, 15, 20, 25];
  const outages = arrivals(
    {
      rate: 1e12,
      loss: {
        outages: [
          [12, 21],
          [5, 6],
        ],
      },
    },
    times,
    [100],
  );
  expect(outages.map(({ index }) => index)).toEqual([0, 2, 5]);
  const named = arrivals({ rate: 1e12, loss: { packets: [1, 4] } }, times, [100]);
  expect(named.map(({ index }) => index)).toEqual([0, 2, 3, 5]);
});

test("loss by time takes its share of the time", () => {
  const times = Array.from({ length: 100_000 }, (_, i) => i * 1e5);
  const seen = arrivals({ rate: 1e12, loss: { byTime: { rate: 0.1, meanDown: 2e6 } } }, times, [100]);
  expect(1 - seen.length / times.length).toBeGreaterThan(0.09);
  expect(1 - seen.length / times.length).toBeLessThan(0.11);
});

test("loss by time asked for after long pauses still takes its share, and takes no time to find it", () => {
  // A microsecond down at a time, one packet every hour: 10^9 turns between two.
  const times = Array.from({ length: 4000 }, (_, i) => i * 3600e9);
  const seen = arrivals({ rate: 1e12, loss: { byTime: { rate: 0.3, meanDown: 1e3 } } }, times, [100]);
  expect(1 - seen.length / times.length).toBeGreaterThan(0.27);
  expect(1 - seen.length / times.length).toBeLessThan(0.33);
});

test("loss before the rate server takes no time on it, loss after it does", () => {
  const loss = { packets: [0] };
  expect(arrivals({ rate: 1e6, loss }, [0, 0], [986])).toEqual([{ index: 1, at: 8e6 }]);
  expect(arrivals({ rate: 1e6, loss, lossAt: "exit" }, [0, 0], [986])).toEqual([{ index: 1, at: 16e6 }]);
});

test("a link that cannot be is refused by field", () => {
  const make = (options: LinkParameters): (() => unknown) => {
    return () => createLink(new VirtualClock(), new PacketPool(), { name: "radio", a: "a", b: "b", options }, 1);
  };
  expect(make({ rate: 0 })).toThrow('Expected rate of link "radio" to be 1 bit/s or more, got 0');
  expect(make({ rate: 1e6, delay: -1 })).toThrow("delay");
  expect(make({ rate: 1e6, loss: { rate: 1.5 } })).toThrow("between 0 and 1, got 1.5");
  expect(make({ rate: 1e6, queue: { packets: 0 } })).toThrow("at least 1 packet");
  expect(make({ rate: 1e6, loss: { rate: 0.1, burst: 0.5 } })).toThrow('Loss of link "radio": expected bursts of 1 to');
  expect(make({ rate: 1e6, loss: { rate: 0.9, burst: 2 } })).toThrow("expected at most 66.6 % lost in bursts of 2");
  const codel = { target: 100e6, interval: 5e6 };
  expect(make({ rate: 1e6, codel })).toThrow("a target above 0 and below its interval, got 100000000 and 5000000 ns");
});

test("bursts lose as much as they are to, up to the most that they can, and beyond that none are made", () => {
  for (const [rate, burst] of [
    [0.9, 9],
    [2 / 3, 2],
    [0.5, 1.0001],
    [0.99, 1],
    [1, 4],
  ] as const) {
    expect(lossProblem({ rate, burst })).toBeUndefined();
    const loss = createLoss({ rate, burst }, randomStream(1, "loss"))!;
    const lost = Array.from({ length: 50_000 }, () => loss.drops(0)).filter(Boolean).length;
    expect(lost / 50_000).toBeCloseTo(rate, 1);
  }
  expect(() => createLoss({ rate: 0.9, burst: 2 }, randomStream(1, "loss"))).toThrow("internal: expected at most");
  expect(lossProblem({ rate: 0.9, burst: 2 })).toBe(
    "expected at most 66.6 % lost in bursts of 2 packets, between which at least one gets through, got 90 %; " +
      "90 % needs bursts of at least 9, or of 1 (each packet by itself)",
  );
  expect(lossProblem({ rate: 0.9999, burst: LONGEST_BURST })).toContain("99.99 % is lost with bursts of 1 only");
  expect(lossProblem({ rate: 0, burst: 1001 })).toBe("expected bursts of 1 to 1000 packets in the mean, got 1001");
});
