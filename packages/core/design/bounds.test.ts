/** @file Bounds of ways, over two hosts and over three in a row: the simulation is never quicker, nor busier. */
import { describe, expect, it } from "vitest";
import type { ComputeStep, Step } from "../frames/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import type { Study } from "../study/index.ts";
import {
  latenciesByFirst,
  localDesign,
  over,
  quickestLatencies,
  remoteDesign,
  simulateSteps,
  splitDesign,
  sustainedRate,
  wayOf,
  type Costs,
  type Design,
} from "./index.ts";

const ends = { inputs: ["image"], outputs: ["scores"] };

function studyOf(random: Random, hosts: readonly string[], answerAt: string, loss: number): Study {
  return {
    hosts: Object.fromEntries(hosts.map((name) => [name, { speed: 1 }])),
    links: hosts.slice(1).map((host, i) => ({
      between: [hosts[i]!, host],
      rate: 10 ** (5 + 3 * random.uniform()),
      delay: 0.01 * random.uniform(),
      loss: { rate: loss, burst: 1 },
      queue: 100,
      duplex: "full",
      header: 14,
    })),
    frames: { host: hosts[0]!, rate: 20, count: 60, answer: { host: answerAt, bytes: 16 } },
    seed: random.integer(1000),
  } as unknown as Study;
}

/** Work by name, some of it by frame, and messages by frame. */
function costsOf(random: Random): Costs {
  const works = new Map<string, number | Float64Array>();
  const drawn = (): number | Float64Array => {
    const usual = 6e7 * random.uniform() ** 2;
    return random.uniform() < 0.5 ? usual : Float64Array.from({ length: 60 }, () => usual * (1 + random.uniform()));
  };
  const sizes = [0, 1].map(() => Uint32Array.from({ length: 60 }, () => 200 + random.integer(3000)));
  return {
    ns(host, work) {
      const name = `${host} ${work}`;
      if (!works.has(name)) works.set(name, drawn());
      return works.get(name)!;
    },
    bytes: (crossing) => sizes[crossing]!,
  };
}

function designsOf(study: Study): Design[] {
  const hosts = Object.keys(study.hosts);
  const cuts = [
    { cut: ["pool1"], codec: "uint8" },
    { cut: ["pool3"], codec: "float32", bottleneck: { compression: 8 } },
  ];
  const rows = [localDesign(study, ends), remoteDesign(study, ends, { format: "raw" })];
  return [
    ...rows,
    splitDesign(study, ends, [hosts[0]!, hosts.at(-1)!], [cuts[0]!]),
    ...(hosts.length > 2 ? [splitDesign(study, ends, hosts, cuts)] : []),
  ];
}

describe.each([
  ["two hosts", ["camera", "server"]],
  ["three hosts in a row", ["camera", "gateway", "server"]],
])("%s", (_, hosts) => {
  it("no frame is quicker than its bound, with holes or without, and without loss or waiting many are near it", () => {
    let near = 0;
    for (let seed = 0; seed < 25; seed++) {
      const random = randomStream(seed, `bounds ${hosts.length}`);
      for (const loss of [0, 0.02]) {
        const study = studyOf(random, hosts, random.uniform() < 0.5 ? "camera" : "server", loss);
        const costs = costsOf(random);
        for (const transport of ["tcp", "udp"] as const) {
          for (const design of designsOf(study)) {
            const steps = wayOf(over(design, transport), study, costs);
            const bounds = quickestLatencies(study, steps);
            simulateSteps(study, steps).frames.forEach(({ latency, parts }, i) => {
              if (latency === Infinity) return;
              expect(latency).toBeGreaterThanOrEqual(bounds[i]! - 1e-8);
              if (latency < 1.5 * bounds[i]!) near++;
              const sum = Object.values(parts).reduce((all, one) => all + one, 0);
              expect(sum).toBeCloseTo(latency, 9);
            });
          }
        }
      }
    }
    expect(near).toBeGreaterThan(2000);
  });

  it("no frame is quicker than what the first frames say, and those of them that were answered by then took just that", () => {
    let exact = 0;
    for (let seed = 0; seed < 15; seed++) {
      const random = randomStream(seed, `first ${hosts.length}`);
      for (const loss of [0, 0.02]) {
        const study = studyOf(random, hosts, random.uniform() < 0.5 ? "camera" : "server", loss);
        const costs = costsOf(random);
        for (const transport of ["tcp", "udp"] as const) {
          for (const design of designsOf(study)) {
            const steps = wayOf(over(design, transport), study, costs);
            const bounds = latenciesByFirst(study, steps, 20);
            simulateSteps(study, steps).frames.forEach(({ latency }, i) => {
              expect(latency).toBeGreaterThanOrEqual(bounds[i]! - 1e-8);
              if (i < 15 && Math.abs(latency - bounds[i]!) < 1e-8) exact++;
            });
          }
        }
      }
    }
    expect(exact).toBeGreaterThan(1000);
  });

  it("finishes frames at the rate of the busiest host or link, and no faster", () => {
    for (let seed = 0; seed < 15; seed++) {
      const random = randomStream(seed, `busy ${hosts.length}`);
      const study = studyOf(random, hosts, "server", 0);
      Object.assign(study.frames, { rate: 1000, answer: { host: "server", bytes: 1000 } });
      const costs = costsOf(random);
      for (const design of designsOf(study)) {
        const steps = wayOf(over(design, "tcp"), study, costs);
        const rate = sustainedRate(study, steps);
        const ends = simulateSteps(study, steps).frames.map(({ latency }, i) => latency + i / study.frames.rate);
        // TCP puts what waits together, into fewer packets than each message alone would take.
        expect(60 / Math.max(...ends)).toBeLessThan(1.15 * rate);
      }
    }
  });
});

const pair = { hosts: ["camera", "server"], answerAt: "server" };
/** No frame of a way is quicker than its bound; gives the bounds, and what the frames took. */
function heldAgainst(study: Study, steps: readonly Step[]): { bounds: number[]; latencies: number[] } {
  const bounds = Array.from(quickestLatencies(study, steps));
  const latencies = simulateSteps(study, steps).frames.map(({ latency }) => latency);
  latencies.forEach((latency, i) => expect(latency, `frame ${i}`).toBeGreaterThanOrEqual(bounds[i]! - 1e-8));
  return { bounds, latencies };
}

it("a receiver of datagrams goes on near the deadline with what has come: long before all of it could have", () => {
  const study = studyOf(randomStream(1, "due"), pair.hosts, pair.answerAt, 0);
  Object.assign(study.links[0]!, { rate: 1e6, delay: 0.005 });
  study.frames.rate = 1;
  // 100 kB take 0.8 s.
  const costs = { ns: () => 1e6, bytes: () => 1e5, deadline: 1e8 };
  const design = over(remoteDesign(study, ends, { format: "raw" }), "udp");
  const { bounds, latencies } = heldAgainst(study, wayOf(design, study, costs));
  expect(Math.max(...latencies)).toBeLessThanOrEqual(0.1);
  // The last datagram, of what is left of 100 kB, after the delay.
  expect(Math.min(...bounds)).toBeGreaterThan(0.005);
});

it("what overtakes others, on several cores or since the newest goes first, waits for none of them", () => {
  const study = studyOf(randomStream(1, "cores"), pair.hosts, pair.answerAt, 0);
  Object.assign(study.links[0]!, { rate: 1e7, delay: 0.001 });
  // Every fourth frame takes three periods.
  const ns = Float64Array.from({ length: 60 }, (_, i) => (i % 4 === 0 ? 150e6 : 1e6));
  const head: ComputeStep = { kind: "compute", host: "camera", work: "w", part: "head", ns };
  const steps = wayOf(over(remoteDesign(study, ends, { format: "raw" }), "tcp"), study, {
    ns: () => 1e6,
    bytes: () => 1000,
  });
  heldAgainst({ ...study, hosts: { ...study.hosts, camera: { speed: 1, cores: 4 } } }, [head, ...steps]);
  for (const order of ["newest", "drop"] as const)
    heldAgainst({ ...study, frames: { ...study.frames, order } }, [head, ...steps]);
  expect(heldAgainst(study, [head, ...steps]).bounds[1]).toBeGreaterThan(0.1);
});
