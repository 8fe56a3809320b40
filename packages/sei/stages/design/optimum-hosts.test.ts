/** @file The optimum over three hosts: no design of the study's space is cheaper by adding up, and each is one that designs can be. */
import { expect, it } from "vitest";
import { randomStream, type Random } from "@split-et-impera/core/random";
import type { LinkOptions } from "@split-et-impera/core/study";
import { solveOptimumOfMany, type PricedHosts } from "./optimum-hosts.ts";
import type { PricedModel } from "./optimum.ts";

const link = (between: [string, string], rate: number): LinkOptions => ({
  between,
  rate,
  delay: 0.001,
  loss: { rate: 0, burst: 1 },
  queue: 100,
  duplex: "full",
  header: 14,
});

function asked(random: Random, memory?: number): [PricedModel, PricedHosts] {
  const hosts = {
    camera: { speed: 1 },
    gateway: { speed: 2, ...(memory !== undefined && { memory }) },
    server: { speed: 4 },
  };
  const study = {
    hosts,
    links: [
      link(["camera", "gateway"], 10 ** (5 + 2 * random.uniform())),
      link(["gateway", "server"], 10 ** (5 + 2 * random.uniform())),
    ],
    frames: { host: "camera", rate: 20, count: 10, answer: { host: "camera", bytes: 16 } },
    explore: { scenarios: ["LC", "RC", "SC"], codecs: ["float32", "uint8"], bottlenecks: [], inputs: [] },
  } as unknown as PricedHosts["study"];
  const cuts = ["a", "b", "c", "d"].map((name) => ({ name, values: 50 + random.integer(2000) }));
  const times = Array.from({ length: 5 }, () => random.uniform() / 50);
  const model: PricedModel = {
    study,
    hosts: { capturing: "camera", other: "server" },
    cuts,
    seconds: Object.fromEntries(
      Object.entries(hosts).map(([name, { speed }]) => [name, times.map((one) => one / speed)]),
    ),
    sent: [{ codec: "raw", bytes: 3000 }],
    memory: () => ({ here: 0, there: 0 }),
    candidates: ["a", "c"],
  };
  return [model, { study, needs: times.map(() => ({ parameters: 100, activations: 10 })), mayRun: () => true }];
}

it("is the cheapest of all designs, proved, and told with its hosts", () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const [model, over] = asked(randomStream(seed, "optimum over hosts"));
    const { best, value, gap, placements, of } = solveOptimumOfMany(model, over)!;
    expect(gap).toBe(0);
    expect(placements[0]!.seconds).toBeCloseTo(value, 12);
    expect(placements[0]).toMatchObject(best);
    // LC; two hosts to send to; four cuts, two codecs, on three pairs of hosts; six pairs of cuts on all three.
    expect(of).toBe(1 + 2 + 4 * 2 * 3 + 6 * 2);
    kinds.add(`${best.kind} ${best.hosts!.join()}`);
  }
  expect(kinds.size).toBeGreaterThan(2);
});

it("gives a host no more than it has room for, and says which whole model that leaves out", () => {
  const [model, over] = asked(randomStream(3, "optimum over hosts"), 250);
  const { placements, leftOut } = solveOptimumOfMany(model, over)!;
  expect(placements.some(({ kind, hosts }) => kind === "RC" && hosts!.includes("gateway"))).toBe(false);
  expect(leftOut).toContainEqual({
    because: "memory",
    what: { kind: "RC", hosts: ["gateway"] },
    host: "gateway",
    needs: 510,
    has: 250,
  });
});

it("keeps what must stay: no piece that reads it is on another host", () => {
  const [model, over] = asked(randomStream(5, "optimum over hosts"));
  const { placements } = solveOptimumOfMany(model, {
    ...over,
    mayRun: (host, piece) => piece > 0 || host === "camera",
  })!;
  expect(new Set(placements.map(({ hosts }) => hosts![0]))).toEqual(new Set(["camera"]));
});

it("comes back to no host that it has left, though links make a ring and that would be cheaper", () => {
  const [model, over] = asked(randomStream(7, "optimum over hosts"));
  const { study } = over;
  const links = [...study.links.map((one) => ({ ...one, rate: 1e9 })), link(["camera", "server"], 1e9)];
  // The server is quick in the second and in the fourth piece, the gateway in the third.
  const seconds = {
    camera: [0.001, 1, 1, 1, 1],
    gateway: [1, 1, 0.001, 1, 1],
    server: [1, 0.001, 0.1, 0.001, 0.001],
  };
  const { best, value, bound, gap, placements } = solveOptimumOfMany(
    { ...model, seconds, study: { ...study, links } },
    { ...over, study: { ...study, links } },
  )!;
  expect(new Set(best.hosts).size).toBe(best.hosts!.length);
  expect(best.hosts).toEqual(["camera", "server"]);
  expect(placements[0]).toMatchObject(best);
  expect(value).toBeCloseTo(placements[0]!.seconds, 12);
  // What the gateway would spare.
  expect(bound).toBeLessThan(value - 0.08);
  expect(gap).toBeCloseTo((value - bound) / value, 12);
});
