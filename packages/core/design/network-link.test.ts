/** @file A study's links through the simulator, against schedules made by hand. */
import { expect, test } from "vitest";
import { bianchi } from "../network/testing/bianchi.ts";
import { simulateFrames } from "../frames/index.ts";
import { packOpportunities, type LinkOptions } from "../study/index.ts";
import { networkLink, quickestLatencies, scenarioOf, transportAlong } from "./index.ts";

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
  const opportunities = packOpportunities([4, 10]);
  const trace = { file: "t.up", end: "repeat" as const, seconds: 0.01, opportunities };
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

const wifi: LinkOptions = {
  ...plain,
  rate: 54e6,
  delay: 0,
  queue: 1000,
  medium: {
    name: "air",
    slot: 9e-6,
    gap: 34e-6,
    overhead: 64e-6,
    collision: 64e-6,
    window: [16, 1024],
    retries: 7,
    aggregate: 1,
    stations: 0,
  },
};
const among = (stations: number, each?: { rate: number; packet: number }): LinkOptions => ({
  ...wifi,
  medium: { ...wifi.medium!, stations, ...(each && { each }) },
});

test("on a free medium a frame takes its bytes and an access; the answer, sent at once, also the gap and some slots", () => {
  const bytes = ((1000 + 125) * 8) / 54e3;
  for (const latency of latencies(wifi, { count: 50 })) {
    const slots = (latency - bytes - 2 * 0.064 - 0.034) / 0.009;
    expect(Math.abs(slots - Math.round(slots))).toBeLessThan(1e-3);
    expect(Math.round(slots)).toBeGreaterThanOrEqual(0);
    expect(Math.round(slots)).toBeLessThan(16);
  }
});

test("among stations that always send, frames get the share that Bianchi's model gives them", () => {
  // Captured faster than they are served: frames of one packet of 1500 bytes, no answer.
  const stations = 4;
  const count = 1500;
  const frames = { host: "camera", rate: 20_000, count, answer: { host: "server", bytes: 1 } };
  const study = {
    hosts: { camera: { speed: 1 }, server: { speed: 1 } },
    links: [{ ...among(stations), queue: 1e6 }],
    frames,
    seed: 1,
  };
  const transport = { kind: "udp", payload: 1472, timeout: 1e9 } as const;
  const [traces] = simulateFrames(
    scenarioOf(study, [
      { kind: "transfer", link: "link", from: "camera", to: "server", bytes: 1472, transport, part: "wire" },
    ]),
  );
  const last = Math.max(...traces!.map(({ finished }) => finished));
  const air = { window: 16, stages: 6, slot: 9e3, gap: 34e3, overhead: 64e3, collision: 64e3, bytes: 1500, rate: 54e6 };
  const share = (count * 1500 * 8e9) / 54e6 / last;
  expect(share / (bianchi(air, stations + 1) / (stations + 1))).toBeGreaterThan(0.93);
  expect(share / (bianchi(air, stations + 1) / (stations + 1))).toBeLessThan(1.07);
});

test("other stations hold frames up, those that send little less than those that always send", () => {
  const mean = (link: LinkOptions): number => {
    const all = latencies(link, { rate: 50, count: 200 });
    return all.reduce((a, b) => a + b) / all.length;
  };
  const [free, few, many] = [mean(wifi), mean(among(4, { rate: 2e6, packet: 1500 })), mean(among(4))] as const;
  expect(few).toBeGreaterThan(1.1 * free);
  expect(many).toBeGreaterThan(2 * few);
  // Links that share a medium share its other stations too: each is there once.
  const study = {
    hosts: { a: { speed: 1 }, b: { speed: 1 }, c: { speed: 1 } },
    links: [
      { ...among(4), between: ["a", "b"] as [string, string] },
      { ...among(4), between: ["b", "c"] as [string, string] },
    ],
    frames: { host: "a", rate: 1, count: 1, answer: { host: "a", bytes: 1 } },
    seed: 1,
  };
  expect(scenarioOf(study, []).stations).toHaveLength(1);
});

test("a way with a link that asks for fresh connections has them, with TLS where any link wants it", () => {
  const path = (...asked: LinkOptions["connections"][]) =>
    asked.map((connections, i) => ({
      name: `${i}`,
      from: "a",
      to: "b",
      link: { ...plain, ...(connections && { connections }) },
    }));
  const of = (...asked: LinkOptions["connections"][]) => transportAlong(path(...asked), { kind: "tcp" });
  expect(of(undefined)).not.toHaveProperty("handshake");
  expect(of(undefined, "fresh")).toMatchObject({ handshake: "tcp" });
  expect(of("fresh-tls", "fresh")).toMatchObject({ handshake: "tls" });
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
