/** @file Costs from runs, on other hosts, and drawn for frames. */
import { randomStream } from "@split-et-impera/core/random";
import { quantile } from "@split-et-impera/core/statistics";
import { describe, expect, it } from "vitest";
import { atEdge, perItem, scaled, within } from "./carry.ts";
import { costOf, exactly, mostSamples, thinned, type Cost, type Round } from "./cost.ts";
import { costStream, draw } from "./draw.ts";

const random = randomStream(7, "runs");
/** Runs of `seconds` that vary by a few percent. */
const runs = (seconds: number, count: number): number[] =>
  Array.from({ length: count }, () => seconds * (1 + 0.02 * random.uniform()));
const quiet = (seconds: number, count: number): Round => ({ quiet: runs(seconds, count), disturbed: [] });

describe("a cost", () => {
  it("tells the time of the work while most of the runs are slowed", () => {
    const rounds = Array.from({ length: 10 }, (_, i) => quiet(i < 6 ? 2.5e-3 : 1e-3, 20));
    const { seconds, lo, hi, n } = costOf(rounds);
    expect(seconds).toBeGreaterThan(1e-3);
    expect(seconds).toBeLessThan(1.03e-3);
    expect(lo).toBeLessThanOrEqual(seconds);
    // Which rounds were quiet is chance: the interval says so.
    expect(hi).toBeGreaterThan(2e-3);
    expect(n).toBe(200);
  });

  it("has a narrow interval where the rounds agree", () => {
    const { seconds, lo, hi } = costOf(Array.from({ length: 10 }, () => quiet(1e-3, 20)));
    expect(hi / lo).toBeLessThan(1.02);
    expect(lo <= seconds && seconds <= hi).toBe(true);
  });

  it("leaves disturbed runs out and counts them, unless hardly any others are left", () => {
    const round = { quiet: runs(1, 8), disturbed: runs(3, 8) };
    const cost = costOf([round, round]);
    expect(cost).toMatchObject({ n: 16, disturbed: 16 });
    expect(Math.max(...cost.samples!)).toBeLessThan(1.03);
    const busy = costOf([{ quiet: runs(1, 4), disturbed: runs(3, 12) }]);
    expect(busy).toMatchObject({ n: 16, disturbed: 12 });
    expect(Math.max(...busy.samples!)).toBeGreaterThan(2);
  });

  it("of a busy machine has the spread of its quick runs", () => {
    const slowed = Array.from({ length: 10 }, () => ({ quiet: [...runs(1, 15), ...runs(2.5, 15)], disturbed: [] }));
    const [idle, busy] = [costOf(slowed), costOf(slowed, true)];
    expect(busy.seconds).toBeLessThanOrEqual(idle.seconds);
    expect(Math.max(...idle.samples!)).toBeGreaterThan(2);
    expect(Math.max(...busy.samples!)).toBeLessThan(1.05);
    expect(quantile(busy.samples!, 0.5)).toBeCloseTo(busy.seconds, 2);
    expect(busy.mirrored).toBe(true);
  });

  it("keeps a bounded sample with the distribution of all runs", () => {
    const many = Float64Array.from({ length: 5000 }, (_, i) => i / 5000);
    const kept = thinned(many);
    expect(kept).toHaveLength(mostSamples);
    for (const p of [0.05, 0.5, 0.95, 0.99]) expect(quantile(kept, p)).toBeCloseTo(p, 1.9);
    expect([...thinned([3, 1, 2])]).toEqual([1, 2, 3]);
  });
});

describe("on another host", () => {
  const cost: Cost = {
    seconds: 0.3,
    lo: 0.29,
    hi: 0.32,
    n: 8,
    call: 0.1,
    samples: Float64Array.of(0.3, 0.3, 0.31, 0.31, 0.31, 0.32, 0.32, 5.32),
  };

  it("the work is multiplied, the call and interruptions are not", () => {
    const there = scaled(cost, 10);
    expect(there.seconds).toBeCloseTo(10 * 0.2 + 0.1, 12);
    expect(there.lo).toBeCloseTo(10 * 0.19 + 0.1, 12);
    expect(there.hi).toBeCloseTo(10 * 0.22 + 0.1, 12);
    expect(there.samples![0]).toBeCloseTo(2.1, 12);
    // Up to 0.38, three quartile ranges above the upper quartile, it is work.
    expect(there.samples![7]).toBeCloseTo(10 * 0.28 + 0.1 + (5.32 - 0.38), 12);
  });

  it("a call that takes another time there counts as that", () => {
    expect(scaled(cost, 2, 0.5).seconds).toBeCloseTo(2 * 0.2 + 0.5, 12);
    expect(scaled(cost, 1)).toBe(cost);
    expect(scaled(exactly(2), 3)).toEqual({ seconds: 6, lo: 6, hi: 6, n: 1 });
  });

  it("items coded many at a time cost their share, with the call once", () => {
    // A call of 0.5 ms and 0.034 ms for a picture, of which one call codes 64.
    const one = perItem(exactly(0.534e-3), { ...exactly(0.5e-3 + 64 * 0.034e-3), n: 30 }, 64);
    expect(one).toMatchObject({ n: 30, seconds: expect.closeTo(0.534e-3, 12), call: expect.closeTo(0.5e-3, 12) });
    expect(scaled(one, 100).seconds).toBeCloseTo(3.4e-3 + 0.5e-3, 10);
    expect(perItem(exactly(1), exactly(0.9), 64).seconds).toBeGreaterThan(0);
  });

  it("moved to an end of its interval, all runs move", () => {
    const high = atEdge(cost, "hi");
    expect(high.seconds).toBe(0.32);
    expect(high.samples![0]).toBeCloseTo(0.32, 12);
    expect(atEdge(exactly(1), "lo")).toEqual(exactly(1));
  });
});

describe("frames", () => {
  const whole = costOf([quiet(2e-3, 300)]);
  const head = costOf([quiet(1.98e-3, 200)]);

  it("meet the measured distribution", () => {
    const ns = draw(whole, 4000, costStream(1, "camera", "whole"));
    for (const p of [0.05, 0.5, 0.95]) {
      expect(quantile(ns, p) / 1e9).toBeCloseTo(quantile(whole.samples!, p), 4);
    }
    expect(new Set(ns).size).toBeGreaterThan(20);
    expect(ns.every(Number.isInteger)).toBe(true);
  });

  it("are the same for the same seed, host and work, however many are drawn", () => {
    const of = (seed: number, host: string, count: number) => [...draw(whole, count, costStream(seed, host, "whole"))];
    expect(of(1, "camera", 50)).toEqual(of(1, "camera", 80).slice(0, 50));
    expect(of(2, "camera", 50)).not.toEqual(of(1, "camera", 50));
    expect(of(1, "server", 50)).not.toEqual(of(1, "camera", 50));
  });

  it("never take longer in a head than in the whole", () => {
    const part = within(head, whole);
    const heads = draw(part, 1000, costStream(1, "camera", "head@pool3"));
    const wholes = draw(whole, 1000, costStream(1, "camera", "whole"));
    expect(heads.every((ns, i) => ns <= wholes[i]!)).toBe(true);
    expect(within(exactly(3), whole).seconds).toBe(whole.seconds);
  });

  it("without samples all take the location", () => {
    expect([...draw(exactly(1e-3), 3, costStream(1, "camera", "whole"))]).toEqual([1e6, 1e6, 1e6]);
  });
});
