import { expect, test } from "vitest";
import { createOutages } from "./outages.ts";
import { arrivalsOf } from "./testing/arrivals.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

const ms = 1e6;
const every = (apart: number, count: number): number[] => Array.from({ length: count }, (_, i) => i * apart);

test("what enters while the link is down is lost, and nothing else", () => {
  // 1 ms a packet; down from 2 to 4 and, in two stretches that meet, from 6 to 9 ms.
  const down = [
    [6 * ms, 8 * ms],
    [2 * ms, 4 * ms],
    [7 * ms, 9 * ms],
  ] as const;
  const times = every(ms, 11);
  expect(arrivalsOf({ rate: 1e6, outages: { down } }, times, [125]).map((time) => Math.floor(time / ms))).toEqual([
    1, 2, -1, -1, 5, 6, -1, -1, -1, 10, 11,
  ]);
});

test("what waits for the link to come back goes on where it stopped", () => {
  // 4 ms a packet, down from 2 to 12 ms: 2 ms are done before, 2 behind, and the queue follows.
  const outages = { down: [[2 * ms, 12 * ms]], packets: "wait" } as const;
  expect(arrivalsOf({ rate: 1e6, outages }, [0, 0, 20 * ms], [500]).map((time) => time / ms)).toEqual([14, 18, 24]);
});

test("a rate over time and an outage are multiplied", () => {
  // 1 Mbit/s, from 10 ms on twice that; down from 5 to 15 ms: 5 ms at 1 Mbit/s, then 1.5 ms for the other 3 ms' worth.
  const rate = { times: [0, 10 * ms], values: [1e6, 2e6] };
  const outages = { down: [[5 * ms, 15 * ms]], packets: "wait" } as const;
  expect(arrivalsOf({ rate, outages }, [0], [1000])).toEqual([16.5 * ms]);
});

test("opportunities that come while the link is down are gone", () => {
  const rate = { milliseconds: [5, 10, 15, 20] };
  const outages = { down: [[9 * ms, 16 * ms]], packets: "wait" } as const;
  expect(arrivalsOf({ rate, outages }, [0, 0, 0], [1500]).map((time) => time / ms)).toEqual([5, 20, 25]);
});

test("drawn outages take their share of the time in stretches of their mean, the same in both directions", () => {
  const outages = { meanUp: 300 * ms, meanDown: 100 * ms };
  const times = every(10 * ms, 200_000);
  const there = arrivalsOf({ rate: 1e12, outages }, times, [100]);
  const back = arrivalsOf({ rate: 1e12, outages }, times, [100], { back: true });
  expect(back).toEqual(there);
  const lost = there.filter((time) => time < 0).length;
  // 5000 turns: a standard error of the share is 1.5 %.
  expect(lost / times.length).toBeGreaterThan(0.25 * 0.95);
  expect(lost / times.length).toBeLessThan(0.25 * 1.05);
  const runs = there.filter((time, i) => time < 0 && (i === 0 || there[i - 1]! >= 0)).length;
  // Stretches too short to meet a packet are not seen: exp(-1/10) of them are.
  expect((lost * 10) / runs).toBeGreaterThan(100 / Math.exp(-0.1) - 10);
  expect((lost * 10) / runs).toBeLessThan(100 / Math.exp(-0.1) + 10);
});

test("drawn outages can be asked for at any time, in any order", () => {
  const outages = createOutages({ meanUp: 5 * ms, meanDown: ms }, 3, "radio");
  const times = [0, 1e15, 7e9, 6e9, 1e12, 6.1e9];
  const first = times.map((time) => outages.at(time));
  expect(times.toReversed().map((time) => outages.at(time))).toEqual(first.toReversed());
  for (const [i, { until }] of first.entries()) expect(until).toBeGreaterThan(times[i]!);
});

test("outages shift no loss", () => {
  const times = every(ms, 2000);
  const loss = { rate: 0.1 };
  const without = arrivalsOf({ rate: 1e12, loss }, times, [100]);
  const down = [[500 * ms, 600 * ms]] as const;
  const withOutage = arrivalsOf({ rate: 1e12, loss, outages: { down } }, times, [100]);
  expect(withOutage).toEqual(without.map((time, i) => (i >= 500 && i < 600 ? -1 : time)));
});

test("outages that cannot be are refused", () => {
  const make =
    (outages: Parameters<typeof createOutages>[0], bucket = 0) =>
    (): unknown =>
      arrivalsOf({ rate: 1e6, outages, bucket }, [0], [100]);
  expect(make({ down: [[5, 5]] })).toThrow("an outage");
  expect(make({ meanUp: 0, meanDown: 1e9 })).toThrow("mean times up and down");
  expect(make({ down: [[0, 5]], packets: "wait" }, 2000)).toThrow("token bucket");
});
