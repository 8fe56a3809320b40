/** @file A study's links through the simulator, against schedules made by hand. */
import { expect, test } from "vitest";
import { simulateFrames } from "../frames/index.ts";
import type { LinkOptions } from "../study/index.ts";
import { networkLink, quickestLatencies, scenarioOf } from "./index.ts";

const plain: LinkOptions = {
  between: ["camera", "server"],
  rate: 1e6,
  delay: 0.01,
  loss: { rate: 0, burst: 1 },
  queue: 100,
  duplex: "full",
  header: 0,
};

/** 972 bytes in a datagram are 1000 on the wire, 8 ms at 1 Mbit/s; the answer of 97 bytes is 125. */
function latencies(link: LinkOptions, { rate = 10, count = 3 } = {}): number[] {
  const study = {
    hosts: { camera: { speed: 1 }, server: { speed: 1 } },
    links: [link],
    frames: { host: "camera", rate, count, answer: { host: "camera", bytes: 97 } },
    seed: 1,
  };
  const transport = { kind: "udp", payload: 1400, timeout: 1e8 } as const;
  const steps = [
    { kind: "transfer", link: "link", from: "camera", to: "server", bytes: 972, transport, part: "wire" },
    { kind: "transfer", link: "link", from: "server", to: "camera", bytes: 97, transport, part: "answer" },
  ] as const;
  const [traces] = simulateFrames(scenarioOf(study, steps));
  const found = traces!.map(({ captured, finished }) => (finished < 0 ? Infinity : (finished - captured) / 1e6));
  // No way is quicker than its lower bound.
  for (const [i, least] of quickestLatencies(study, steps).entries()) {
    expect(found[i]! - least * 1e3).toBeGreaterThan(-1e-6);
  }
  return found;
}

test("both ways alike: 8 ms and 10 ms there, 1 ms and 10 ms back", () => {
  expect(latencies(plain)).toEqual([29, 29, 29]);
});

test("another rate and delay back, whichever host is written first", () => {
  const { between: _b, duplex: _d, header: _h, ...there } = plain;
  const back = { ...there, rate: 2e6, delay: 0.03 };
  expect(latencies({ ...plain, back })).toEqual([48.5, 48.5, 48.5]);
  expect(latencies({ ...plain, ...back, between: ["server", "camera"], back: there })).toEqual([48.5, 48.5, 48.5]);
});

test("a rate over time, repeated, held, scaled and used once", () => {
  // 0.5 s at 1 Mbit/s, 0.5 s at 3: frames at 0, 0.4, 0.8 and 1.2 s.
  const steps = { times: [0, 0.5], rates: [1e6, 3e6] };
  const trace = { file: "t.csv", end: "repeat" as const, seconds: 1, steps };
  const at = (rate: number): number => 20 + 9 / rate;
  const link = { ...plain, rate: 2e6, trace };
  const run = { rate: 2.5, count: 4 };
  const close = (found: number[], rates: number[]): void => {
    for (const [i, rate] of rates.entries()) expect(found[i]).toBeCloseTo(at(rate), 5);
  };
  close(latencies(link, run), [1, 1, 3, 1]);
  close(latencies({ ...link, trace: { ...trace, end: "hold" } }, run), [1, 1, 3, 3]);
  close(latencies({ ...link, rate: 4e6 }, run), [2, 2, 6, 2]);
  expect(() => latencies({ ...link, trace: { ...trace, end: "error" } }, run)).toThrow("ends after 1 s");
});

test("delivery opportunities: a packet leaves at the next", () => {
  const milliseconds = [4, 10];
  const trace = { file: "t.up", end: "repeat" as const, seconds: 0.01, milliseconds };
  // Of a frame at 0 there at 4, arrives at 14 ms; the way back has an opportunity just then. At 100 ms one is there at once.
  expect(latencies({ ...plain, rate: 2.4e6, trace })).toEqual([24, 20, 20]);
});

test("an outage in which packets are lost, and one in which they wait", () => {
  const at: [number, number][] = [[0.1, 0.15]];
  expect(latencies({ ...plain, outages: { packets: "lost", at } })).toEqual([29, Infinity, 29]);
  // Sent at 100 ms, waits until 150.
  expect(latencies({ ...plain, outages: { packets: "wait", at } })).toEqual([29, 79, 29]);
});

test("a token bucket, and a queue in bytes", () => {
  // Of two frames 1 ms apart the first leaves at once, of the second 500 bytes do.
  const pace = { rate: 1000, count: 2 };
  const bucket = 1514;
  const [first, second] = latencies({ ...plain, bucket }, pace);
  expect(first).toBeCloseTo(20, 6);
  // 1514 - 1000 bytes are left, and 125 have come: 361 are missing.
  expect(second).toBeCloseTo(20 + (361 * 8) / 1000, 6);
  // The queue holds one packet and a half: of three frames the second finds it full.
  expect(latencies({ ...plain, queue: { bytes: 1600 } }, { rate: 200, count: 3 })).toEqual([29, Infinity, 29]);
});

test("what few links have is handed on, and nothing else of a plain link", () => {
  expect(networkLink(plain)).toEqual({ rate: 1e6, delay: 1e7, queue: { packets: 100 }, header: 0, duplex: "full" });
  expect(
    networkLink({
      ...plain,
      jitter: { range: 0.002, distribution: "pareto", reorder: true },
      codel: { target: 0.005, interval: 0.1 },
      outages: { packets: "lost", up: 60, down: 0.5 },
    }),
  ).toMatchObject({
    jitter: { range: 2e6, distribution: "pareto", reorder: true },
    codel: { target: 5e6, interval: 1e8 },
    outages: { packets: "lost", meanUp: 6e10, meanDown: 5e8 },
  });
});
