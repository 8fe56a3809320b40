/** @file Workload files: what they may hold, the published optima, and thousands of small and odd ones. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { InputError } from "../errors/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import { place } from "./place.ts";
import { readWorkload } from "./workload.ts";

test("a workload file is checked field by field", () => {
  const node = { id: 1, supportedOnFpga: 1, cpuLatency: 1, fpgaLatency: 1, size: 1 };
  const file = { maxSizePerFPGA: 1, maxFPGAs: 1, maxCPUs: 0, nodes: [node], edges: [] as unknown[] };
  expect(readWorkload(file, "f").problem.nodes).toHaveLength(1);
  expect(() => readWorkload([], "f.json")).toThrow("f.json: the file: expected an object, got []");
  expect(() => readWorkload({ ...file, nodes: undefined }, "f")).toThrow("f: nodes: expected a list, got nothing");
  expect(() => readWorkload({ ...file, maxCPUs: -1 }, "f")).toThrow("f: maxCPUs: expected a whole number >= 0, got -1");
  expect(() => readWorkload({ ...file, nodes: [node, node] }, "f")).toThrow(
    "nodes[1].id: expected an id that no other",
  );
  expect(() => readWorkload({ ...file, nodes: [node, { ...node, id: 2 }] }, "f")).toThrow(
    "f: edges: expected a graph in one piece, but no path joins node 2 to node 1",
  );
  expect(() => readWorkload({ ...file, nodes: [{ ...node, fpgaLatency: "x" }] }, "f")).toThrow(
    'f: nodes[0].fpgaLatency: expected a number >= 0, got "x"',
  );
  expect(() => readWorkload({ ...file, edges: [{ sourceId: 1, destId: 9, cost: 0 }] }, "f")).toThrow(
    "edges[0].destId: expected the id of a node, got 9",
  );
  expect(() => readWorkload({ ...file, nodes: [null] }, "f")).toThrow("f: nodes[0]: expected an object, got null");
  expect(() => readWorkload({ ...file, nodes: [{ ...node, cpuLatency: Infinity }] }, "f")).toThrow(
    "f: nodes[0].cpuLatency: expected a number >= 0, got Infinity",
  );
  expect(() => readWorkload({ ...file, maxFPGAs: 1001 }, "f")).toThrow("f: maxFPGAs: expected at most 1000 of them");
  expect(() => readWorkload({ ...file, maxFPGAs: 0 }, "f")).toThrow("expected at least one accelerator or CPU");
  expect(() => readWorkload({ ...file, nodes: Array.from({ length: 20_001 }, () => node) }, "f")).toThrow(
    "f: nodes: expected at most 20000 of them, got 20001",
  );
});

/** As published with msr-fiddle/dnn-partitioning (MIT, LICENSE-dnn-partitioning.txt beside the files). */
const gold: Record<string, number> = {
  "layer-resnet50": 33.774666015625,
  "layer-bert24": 17.78990625,
  "op-bert-l3": 27.91856768,
  "op-bert-l6": 29.57950581,
  "op-resnet50": 124.34884977,
};

test.each(Object.entries(gold))("%s: the published optimum", (name, optimum) => {
  const file = new URL(`./fixtures/${name}.json`, import.meta.url);
  const { problem } = readWorkload(JSON.parse(readFileSync(file, "utf8")), name);
  const { solver, value, bound, gap } = place(problem, { explain: false });
  expect(solver).toBe("pipeline");
  expect(Math.abs(value - optimum)).toBeLessThan(1e-6);
  expect([bound, gap]).toEqual([value, 0]);
});

/** A small workload, with numbers as odd as JSON allows. */
function oddWorkload(random: Random): object {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const odd = (): number => pick([0, 0, 1, 2.5, 10, 1e-300, 1e300, 1e308, 5e-324, 7]);
  const number = (): number => (random.uniform() < 0.2 ? odd() : random.integer(10));
  const n = 1 + random.integer(5);
  const nodes = Array.from({ length: n }, (_, id) => ({
    id,
    supportedOnFpga: random.integer(4) > 0,
    cpuLatency: number(),
    fpgaLatency: number(),
    size: number(),
    ...(random.uniform() < 0.2 && { colorClass: random.integer(2) }),
  }));
  const costs = nodes.map(number);
  const edges = nodes.flatMap(({ id }) =>
    nodes
      .slice(id + 1)
      .flatMap((other) =>
        other.id === id + 1 || random.uniform() < 0.3 ? [{ sourceId: id, destId: other.id, cost: costs[id] }] : [],
      ),
  );
  const size = pick([0, 1, 3, 10, 1000, 1e308]);
  return { maxSizePerFPGA: size, maxFPGAs: random.integer(3), maxCPUs: random.integer(3), nodes, edges };
}

test.each(["throughput", "latency"] as const)(
  "thousands of small workloads by %s: an answer, or a line",
  (objective) => {
    const random = randomStream(1, `workload/${objective}`);
    let placed = 0;
    for (let i = 0; i < 3000; i++) {
      const workload = oddWorkload(random);
      try {
        const { value, bound, gap, runnerUp } = place(readWorkload(workload, "f", objective).problem);
        placed++;
        expect(value, JSON.stringify(workload)).toBeLessThan(Infinity);
        expect(bound).toBeLessThanOrEqual(value);
        expect(gap).toBeGreaterThanOrEqual(0);
        if (runnerUp) expect(runnerUp.price, JSON.stringify(workload)).toBeGreaterThanOrEqual(-1e-9 * value);
      } catch (error) {
        expect(error, JSON.stringify(workload)).toBeInstanceOf(InputError);
      }
    }
    expect(placed).toBeGreaterThan(500);
  },
);

test("one host: placed, and there is no runner-up", () => {
  const node = { id: 0, supportedOnFpga: 1, cpuLatency: 10, fpgaLatency: 1, size: 3 };
  const { problem } = readWorkload({ maxSizePerFPGA: 1000, maxFPGAs: 0, maxCPUs: 1, nodes: [node], edges: [] }, "f");
  const { value, explanation, runnerUp } = place(problem);
  expect([value, explanation.others, runnerUp]).toEqual([10, "none", undefined]);
});
