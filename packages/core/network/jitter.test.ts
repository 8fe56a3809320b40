import { expect, test } from "vitest";
import { jitterNames, longestJitter, meanJitter, simulateMessages } from "./index.ts";
import { arrivalsOf } from "./testing/arrivals.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

const range = 5e6;
const count = 100_000;
// Far enough apart that none overtakes another.
const times = Array.from({ length: count }, (_, i) => i * 1e9);

/** Shares of packets that are held up for less than `range` and than twice it. */
const within: Record<(typeof jitterNames)[number], [number, number]> = {
  uniform: [1, 1],
  exponential: [1 - Math.exp(-1), 1 - Math.exp(-2)],
  "half-normal": [0.682_69, 0.954_5],
  pareto: [1 - (1 + 1 / 2) ** -3, 1 - (1 + 2 / 2) ** -3],
};

test.each(jitterNames)("%s: mean, and shares within once and twice the range", (distribution) => {
  const jitter = { range, distribution };
  const held = arrivalsOf({ rate: 1e12, delay: 1e6, jitter }, times, [1]).map((time, i) => time - times[i]! - 1e6);
  expect(Math.min(...held)).toBeGreaterThanOrEqual(0);
  expect(held.reduce((a, b) => a + b) / count / meanJitter(jitter)).toBeCloseTo(1, 1);
  for (const [i, share] of within[distribution].entries()) {
    expect(held.filter((ns) => ns < (i + 1) * range).length / count).toBeCloseTo(share, 2);
  }
  expect(held.filter((ns) => ns > longestJitter(jitter)).length / count).toBeLessThan(0.0015);
});

test.each(jitterNames)("%s keeps the order unless reordering is asked for", (distribution) => {
  const close = Array.from({ length: 2000 }, (_, i) => i * 1e5);
  const ordered = arrivalsOf({ rate: 1e12, jitter: { range, distribution } }, close, [1]);
  expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
  const mixed = arrivalsOf({ rate: 1e12, jitter: { range, distribution, reorder: true } }, close, [1]);
  expect(mixed.filter((time, i) => i > 0 && time < mixed[i - 1]!).length).toBeGreaterThan(200);
});

test("what reorders over TCP is told apart from loss: all arrives, with segments sent again for nothing", () => {
  const run = (reorder: boolean) =>
    simulateMessages({
      link: { rate: 1e8, delay: 5e6, jitter: { range: 3e6, reorder } },
      transport: { kind: "tcp" },
      bytes: 150_000,
      count: 50,
      seed: 1,
    });
  expect(run(true).oneWay.every((ns) => ns > 0)).toBe(true);
  expect(run(false).retransmissions).toBe(0);
});
