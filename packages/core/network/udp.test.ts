import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { simulateMessages } from "./index.ts";
import { conservePackets } from "./testing/conservation.ts";

conservePackets();

test("a burst arrives when its bytes have crossed, to the nanosecond", () => {
  const run = simulateMessages({
    link: { rate: 1e8, delay: 5e6 },
    transport: { kind: "udp", payload: 1472, timeout: 1e9 },
    bytes: 16_000,
    count: 3,
    gap: 1e8,
    seed: 1,
  });
  // Ten full packets of 1514 bytes and one of 1280 + 42.
  expect(run.oneWay).toEqual([0, 1, 2].map(() => 5e6 + (10 * 1514 + 1322) * 80));
  expect(run.missing).toEqual([0, 0, 0]);
});

test("datagrams of named packets are missing, the rest is there", () => {
  const run = simulateMessages({
    link: { rate: 1e8, loss: { packets: [0, 7, 21] } },
    transport: { kind: "udp", payload: 1000, timeout: 1e9 },
    bytes: 10_000,
    count: 3,
    gap: 1e8,
    seed: 1,
  });
  expect(run.missing).toEqual([2, 0, 1]);
});

const truth = fileURLToPath(new URL("../../../../shared/truth/network/udp.csv", import.meta.url));
describe.skipIf(!existsSync(truth))("against Linux (skipped where its table is absent)", () => {
  const rows = existsSync(truth)
    ? readFileSync(truth, "utf8")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","))
        .filter((row) => row[0] === "udp" && row[4] === "0.0")
    : [];
  test.each(rows)("%s %s bytes, %s Mbit/s, %s ms", (...row) => {
    const [, size, rate, delay] = row.map(Number);
    const run = simulateMessages({
      link: { rate: rate! * 1e6, delay: delay! * 1e6 },
      transport: { kind: "udp", payload: 1472, timeout: 1e9 },
      bytes: size!,
      count: 1,
      seed: 1,
    });
    // ms with four decimals; the router and hosts of the measurement take some hundred ns.
    expect(Math.abs(run.oneWay[0]! / 1e6 - Number(row[10]))).toBeLessThan(0.002);
  });
});
