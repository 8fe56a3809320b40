/** @file What is made of datagrams that came and did not. */
import { expect, test } from "vitest";
import { leastPayload, readDatagram, writeDatagram } from "./datagram.ts";
import { controlBytes, readControl, writeControl } from "./control.ts";
import { Arrivals, canBe, lossEstimate } from "./losses.ts";
import { searchRate } from "./rates.ts";
import { delayOf, type Echo } from "./result.ts";
import { isSaturated, rateEstimate, seen, TrainArrivals } from "./train.ts";

test("losses are counted with their runs, whatever the order of arrival", () => {
  const arrivals = new Arrivals();
  for (const index of [9, 1, 2, 5, 4, 2]) arrivals.mark(index);
  expect(arrivals.losses(12)).toEqual({ count: 12, received: 5, runs: 4 });
  expect(new Arrivals().losses(3)).toEqual({ count: 3, received: 0, runs: 1 });
});

test("losses that no train can have are told from those that one can", () => {
  for (const [received, runs] of [
    [10, 0],
    [9, 1],
    [5, 5],
    [0, 1],
    [4, 5],
  ] as const)
    expect(canBe({ count: 10, received, runs })).toBe(true);
  for (const [received, runs] of [
    [11, 0],
    [10, 1],
    [9, 0],
    [9, 2],
    [4, 6],
    [4.5, 1],
    [4, 1.5],
  ] as const)
    expect(canBe({ count: 10, received, runs })).toBe(false);
});

test("single losses have Wilson's interval; those in bursts are worth fewer", () => {
  const single = lossEstimate({ count: 1000, received: 980, runs: 20 });
  expect(single.rate.value).toBeCloseTo(0.02, 12);
  expect(single.rate.lo).toBeCloseTo(0.013, 3);
  expect(single.rate.hi).toBeCloseTo(0.0307, 3);
  expect(single.burst).toMatchObject({ value: 1, lo: 1, n: 20 });
  const bursts = lossEstimate({ count: 1000, received: 980, runs: 5 });
  expect(bursts.burst!.value).toBe(4);
  expect(bursts.rate.lo).toBeLessThan(single.rate.lo);
  expect(bursts.rate.hi).toBeGreaterThan(single.rate.hi);
  expect(lossEstimate({ count: 1000, received: 1000, runs: 0 })).toEqual({
    rate: { value: 0, lo: 0, hi: expect.closeTo(0.00383, 4) as number, n: 1000 },
  });
});

test("a train's rate is that of neighbours that both came; a lost one and a pause spoil one part alone", () => {
  const arrivals = new TrainArrivals();
  let now = 1e9;
  for (let i = 0; i < 80; i++) {
    now += i === 70 ? 9e6 : 1e6;
    if (i % 10 !== 3) arrivals.mark(i, now);
  }
  const { received, between } = arrivals.came(80);
  expect(received).toBe(72);
  expect(between.slice(0, 3)).toEqual([1e6, 1e6, 1e6]);
  expect(between[3]).toBeGreaterThan(1.4e6);
  const train = seen(12_000, 80, 79 * 0.5e6, between);
  expect(train.offered).toBe(24e6);
  expect(isSaturated(train)).toBe(true);
  expect(rateEstimate([train, train])).toMatchObject({ value: 12e6, n: 8 });
  expect(rateEstimate([train])).toMatchObject({ value: 12e6, hi: Infinity, n: 4 });
  expect(seen(12_000, 5, 0, [0, 0, 0, 0])).toEqual({ offered: Infinity, came: [] });
});

test("the search finds a bottleneck, and says where it only found a bound", async () => {
  const budget = { seconds: 3, bytes: 8e6, packetBytes: 1500, linkBits: 12_112 };
  const search = (rate: number, sender: number): ReturnType<typeof searchRate> => {
    let left = 12;
    return searchRate(
      budget,
      async ({ gapNs }) => {
        const offered = Math.min(sender, gapNs === 0 ? Infinity : (budget.linkBits * 1e9) / gapNs);
        return { offered, came: [Math.min(rate, offered)] };
      },
      () => left-- > 0,
    );
  };
  expect(await search(250e3, 1e9)).toEqual({ value: 250e3, lo: 250e3, hi: 250e3, n: 11 });
  expect(await search(100e6, 1e9)).toMatchObject({ value: 100e6, hi: 100e6 });
  expect(await search(1e9, 60e6)).toMatchObject({ value: 60e6, hi: Infinity });
});

test("the delay is half of what the least round trip leaves", () => {
  const echoes: Echo[] = Array.from({ length: 100 }, (_, i) => ({ there: 0, back: 0, around: 0.012 + i * 1e-4 }));
  const rate = { value: 1e6, lo: 0.5e6, hi: 2e6, n: 9 };
  const { value, lo, hi } = delayOf(echoes, 1000, [rate, rate]);
  expect(value).toBeCloseTo(0.005, 9);
  expect(lo).toBeCloseTo(0.004, 9);
  expect(hi).toBeGreaterThan(0.0055);
});

test("what is no datagram and no message is none", () => {
  const datagram = { kind: "reply", train: 3, index: 7, echo: 9, cameAt: 5, wentAt: 6 } as const;
  expect(readDatagram(writeDatagram(datagram, 200))).toEqual(datagram);
  expect(readDatagram(writeDatagram(datagram, leastPayload).subarray(1))).toBeUndefined();
  expect(readDatagram(writeDatagram({ ...datagram, index: 2 ** 20 }, 200))).toBeUndefined();
  const control = { kind: "order", train: 1, count: 5, payload: 1444, gapNs: 0 } as const;
  expect(readControl(writeControl(control, 8))).toEqual({ control, number: 8 });
  for (const value of [-1, NaN, Infinity])
    expect(() => readControl(writeControl({ ...control, count: value }, 1))).toThrow("no message of a probe");
  expect(() => readControl(new Uint8Array(controlBytes).fill(77))).toThrow("no message of a probe");
});
