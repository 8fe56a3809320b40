import { expect, test } from "vitest";
import { simulateHistory, type MessageScenario } from "./index.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

const scenario = (packets: number[]): MessageScenario => ({
  link: [
    // Packet 0 is the handshake's last acknowledgement.
    { rate: 1e8, delay: 10e6, loss: { packets } },
    { rate: 1e8, delay: 10e6 },
  ],
  transport: { kind: "tcp" },
  bytes: 10 * 1448,
  count: 2,
  seed: 1,
});

test("without loss every byte goes once, and the window opens", () => {
  const points = simulateHistory(scenario([]), 100);
  expect(points.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, i) => 1448 * (i + 1)));
  expect(points.some(({ resent, timeout, lost }) => resent ?? timeout ?? lost)).toBe(false);
  expect(points[0]).toEqual({ time: 0, cwnd: 10, sequence: 1448, acknowledged: 0 });
  expect(points[10]!.acknowledged).toBe(14_480);
  expect(points[10]!.cwnd).toBeGreaterThan(10);
});

test("a lost segment is marked, sent again once, and narrows the window", () => {
  const points = simulateHistory(scenario([3]), 100);
  expect(points.filter(({ lost }) => lost).map(({ sequence }) => sequence)).toEqual([3 * 1448]);
  const resent = points.filter((point) => point.resent);
  expect(resent.map(({ sequence }) => sequence)).toEqual([3 * 1448]);
  expect(resent[0]!.acknowledged).toBe(2 * 1448);
  expect(resent[0]!.timeout).toBeUndefined();
  expect(points.at(-1)!.cwnd).toBeLessThan(10);
});

test("a time-out is marked where its first segment goes", () => {
  // All of the first message is lost, and the probe.
  const points = simulateHistory(scenario([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), 100);
  const [expired, ...more] = points.filter(({ timeout }) => timeout);
  expect(more).toEqual([]);
  expect(expired!.sequence).toBe(1448);
  expect(expired!.resent).toBe(true);
  expect(expired!.time).toBeGreaterThan(0.2);
});

test("no more points than asked for", () => {
  expect(simulateHistory(scenario([3]), 5)).toEqual(simulateHistory(scenario([3]), 100).slice(0, 5));
});
