/** @file A study's placement: against all cuts tried one by one, with limits, and through the command. */
import { tierCosts } from "@split-et-impera/core/placement";
import { randomStream } from "@split-et-impera/core/random";
import { describe, expect, it, vi } from "vitest";
import { main } from "../cli/main.ts";
import { hopOf, instanceOf, type InstanceInput } from "./instance.ts";
import { pieceSeconds } from "./measure.ts";
import { solveLatency, solveThroughput } from "./solve.ts";

const link = { rate: 8e6, delay: 0.002, header: 14 };

function input(seed: number): InstanceInput {
  const random = randomStream(seed, "place");
  const names = ["a", "b", "c", "d"];
  const pieces = [...names, undefined].map((to, i) => ({
    from: names[i - 1],
    to,
    bytes: to === undefined ? 0 : 100 + random.integer(20_000),
  }));
  const times = pieces.map(() => random.uniform() / 100);
  return {
    study: {
      hosts: { camera: { speed: 1 }, server: { speed: 1 } },
      links: [{ between: ["server", "camera"], ...link, loss: { rate: 0, burst: 1 }, queue: 100, duplex: "full" }],
      frames: {
        host: "camera",
        rate: 20,
        count: 1,
        answer: { host: random.uniform() < 0.5 ? "camera" : "server", bytes: 16 },
      },
    },
    pieces,
    seconds: { camera: times.map((time) => time * (1 + 5 * random.uniform())), server: times },
    inputBytes: 5000,
    codec: 1,
    memory: (first, last) => 100 * (last - first),
  };
}

const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);

/** Latency with the first `n` pieces on the camera, from the words of the problem. */
function latency({ study, pieces, seconds, inputBytes }: InstanceInput, n: number): number {
  const { perByte, fixed } = hopOf(link);
  const compute = total(seconds["camera"]!.slice(0, n)) + total(seconds["server"]!.slice(n));
  const toServer = study.frames.answer.host === "server";
  if (n === pieces.length) return compute + (toServer ? fixed + 16 * perByte : 0);
  const sent = n === 0 ? inputBytes : pieces[n - 1]!.bytes;
  return compute + fixed + sent * perByte + (toServer ? 0 : fixed + 16 * perByte);
}

describe("latency", () => {
  it("is the least of all cuts, proved", () => {
    const chosen = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const one = input(seed);
      const all = one.pieces.map((_, n) => latency(one, n)).concat(latency(one, one.pieces.length));
      const instance = instanceOf(one);
      const { objective, segments, runnerUp } = solveLatency(instance, { rates: [8e6], speeds: [1, 1] });
      expect(objective.value).toBeCloseTo(Math.min(...all), 12);
      expect(objective.gap).toBeLessThan(1e-9);
      expect(runnerUp!.value).toBeCloseTo(all.toSorted((a, b) => a - b)[1]!, 12);
      const n = segments.filter(({ host }) => host === "camera").reduce((sum, { pieces }) => sum + pieces, 0);
      chosen.add(n);
      expect(all[n]).toBeCloseTo(objective.value, 12);
      const tiers = one.pieces.map((_, i) => (i < n ? 0 : 1));
      expect(tierCosts(instance.graph, instance.prices, tiers).total).toBeCloseTo(objective.value, 12);
    }
    expect(chosen.size).toBeGreaterThan(2);
  });

  it("changes at the break-even rates, and nowhere between", () => {
    const one = input(7);
    const { breakEvens } = solveLatency(instanceOf(one), { rates: [8e6], speeds: [1, 1] });
    const stretches = breakEvens!.rate["camera - server"]!;
    expect(stretches.length).toBeGreaterThan(1);
    for (const { from, to, segments } of stretches) {
      const middle = Math.sqrt(from * to);
      const study = { ...one.study, links: one.study.links.map((each) => ({ ...each, rate: middle })) };
      const there = solveLatency(instanceOf({ ...one, study }), { rates: [middle], speeds: [1, 1] });
      expect(there.segments.map(({ host, to: end }) => [host, end])).toEqual(
        segments.map(({ host, to: end }) => [host, end]),
      );
    }
    expect(stretches.slice(1).map(({ from }) => from)).toEqual(stretches.slice(0, -1).map(({ to }) => to));
  });
});

describe("throughput", () => {
  it("is the least largest load of all cuts", () => {
    for (let seed = 0; seed < 100; seed++) {
      const one = input(seed);
      const { perByte } = hopOf(link);
      const all = [...one.pieces, undefined].map((_, n) => {
        const sent = n === one.pieces.length ? 0 : perByte * (n === 0 ? one.inputBytes : one.pieces[n - 1]!.bytes);
        return Math.max(
          total(one.seconds["camera"]!.slice(0, n)) + sent,
          total(one.seconds["server"]!.slice(n)) + sent,
        );
      });
      const { objective } = solveThroughput(instanceOf(one), 10);
      expect(objective.value).toBeCloseTo(Math.min(...all), 12);
      expect(objective.gap).toBeLessThan(1e-6);
    }
  });
});

describe("memory", () => {
  const limited = (camera: number, server: number): InstanceInput => {
    const one = input(1);
    const hosts = { camera: { speed: 1, memory: camera }, server: { speed: 1, memory: server } };
    return { ...one, study: { ...one.study, hosts } };
  };

  it("bans what does not fit", () => {
    const { room, graph } = instanceOf(limited(250, 1e6));
    expect(room).toEqual({ camera: "the input to b" });
    expect(graph.nodes.map(({ on }) => on)).toEqual([[0, 1], [0, 1], [1], [1], [1]]);
  });

  it("says what is missing where no host can hold it", () => {
    expect(() => instanceOf(limited(250, 250))).toThrow(
      "no placement fits: camera has room for the input to b, server for c to the output",
    );
  });
});

it("a profile's heads give the pieces; what it lacks is scaled", () => {
  const timing = (median: number) => ({ median, lo: median, hi: median, n: 1 });
  const pieces = [
    { to: "a", bytes: 1, operators: 1, seconds: 1 },
    { from: "a", to: "b", bytes: 1, operators: 1, seconds: 2 },
    { from: "b", bytes: 0, operators: 1, seconds: 1 },
  ];
  const machine = { engine: "", platform: "", cpu: "", threads: 1 };
  const profile = { format: 1, machine, model: "", timings: { whole: timing(8), "head@a": timing(3) } } as const;
  expect(pieceSeconds({ speed: 2, profile }, { pieces, whole: timing(4) })).toEqual([1.5, 2, 1]);
  expect(pieceSeconds({ speed: 0.5 }, { pieces, whole: timing(4) })).toEqual([2, 4, 2]);
});

it("sei place STUDY places the conveyor", { timeout: 60_000 }, async () => {
  let out = "";
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, "write").mockImplementation(() => true),
  ];
  const study = new URL("../../../examples/conveyor/study.yaml", import.meta.url).pathname;
  try {
    expect(await main(["place", study, "--json"])).toBe(0);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const { objective, segments, measured } = JSON.parse(out) as {
    objective: { value: number; bound: number; gap: number };
    segments: { host: string; pieces: number }[];
    measured: { pieces: { seconds: number }[]; whole: { median: number } };
  };
  expect(objective.gap).toBeLessThan(1e-9);
  expect(objective.bound).toBeLessThanOrEqual(objective.value);
  expect(segments.reduce((sum, { pieces }) => sum + pieces, 0)).toBe(measured.pieces.length);
  expect(total(measured.pieces.map(({ seconds }) => seconds))).toBeCloseTo(measured.whole.median, 9);
});
