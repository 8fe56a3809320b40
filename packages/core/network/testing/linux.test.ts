/** @file The headline: latencies over TCP agree with those measured on Linux. */
import { expect, test } from "vitest";
import { quantile } from "../../statistics/index.ts";
import { simulateMessages } from "../index.ts";
import { linuxLatencies, type LinuxLatency } from "./linux.ts";

/** Messages per connection, as measured, by size; with loss and without. */
const MESSAGES: Record<number, [number, number]> = {
  1000: [40, 40],
  16_000: [20, 20],
  150_000: [12, 12],
  600_000: [8, 10],
  3_000_000: [8, 10],
};
/** Bytes simulated per row with loss; and connections at least and at most. */
const BYTES = 120e6;
const FIRST = 100;
const MOST = 500;

/** Latencies of one phase, ms. */
function simulate({ cc, bytes, megabits, delayMs, lossPercent, phase }: LinuxLatency): Float64Array {
  const [lossy, lossless] = MESSAGES[bytes]!;
  const link = {
    rate: megabits * 1e6,
    delay: delayMs * 1e6,
    ...(lossPercent > 0 && { loss: { rate: lossPercent / 100 } }),
  };
  const count = phase === "first" ? 1 : lossPercent > 0 ? lossy : lossless;
  const enough = Math.min(MOST, Math.max(FIRST, Math.floor(BYTES / bytes / count)));
  const connections = lossPercent > 0 ? enough : 3;
  const times: number[] = [];
  for (let connection = 0; connection < connections; connection++) {
    const run = simulateMessages({
      link,
      transport: { kind: "tcp", cc },
      bytes,
      count,
      seed: 1,
      name: `connection ${connection}`,
    });
    times.push(...run.oneWay.slice(phase === "first" ? 0 : 1).map((ns) => ns / 1e6));
  }
  return Float64Array.from(times);
}

/** How far a value lies outside an interval, relative to the nearer end. */
const distance = (value: number, [, lo, hi]: LinuxLatency["medianMs"]): number =>
  value < lo ? 1 - value / lo : Math.max(0, value / hi - 1);

test.each(linuxLatencies)(
  "$cc, $bytes bytes, $megabits Mbit/s, $delayMs ms, $lossPercent %, $phase: median and p95 as measured",
  (row) => {
    const times = simulate(row);
    const median = quantile(times, 0.5);
    const p95 = quantile(times, 0.95);
    if (row.lossPercent > 0) {
      expect(distance(median, row.medianMs)).toBeLessThan(0.1);
      expect(distance(p95, row.p95Ms)).toBeLessThan(0.2);
    } else {
      const close = row.phase === "warm" ? 0.005 : 0.02;
      expect(Math.abs(median / row.medianMs[0] - 1)).toBeLessThan(close);
      expect(Math.abs(p95 / row.p95Ms[0] - 1)).toBeLessThan(close);
    }
  },
);
