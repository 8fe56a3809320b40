import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../random/index.ts";
import {
  breakEvenMap,
  breakEvens,
  explainTiers,
  paretoTiers,
  placeTiers,
  scalePart,
  tierCosts,
  type Part,
  type Prices,
  type TierGraph,
} from "./index.ts";

function instance(random: Random, count: number): { graph: TierGraph; prices: Prices } {
  const n = 2 + random.integer(5);
  const nodes = Array.from({ length: n }, (_, v) => ({ name: `n${v}` }));
  const tensors = [null, ...nodes.keys()].map((producer) => ({
    producer,
    consumers: nodes.flatMap((_, w) => (w > (producer ?? -1) && random.uniform() < 0.5 ? [w] : [])),
    bytes: 1 + random.integer(9),
  }));
  const tiers = Array.from({ length: count }, (_, k) => ({ name: `t${k}` }));
  const hop = (): { perByte: number; fixed: number } => ({ perByte: random.uniform(), fixed: random.integer(4) });
  return { graph: { nodes, tensors, tiers }, prices: draw(random, n, count, hop) };
}

function draw(random: Random, n: number, count: number, hop: () => Prices["hops"][number]): Prices {
  return {
    compute: Array.from({ length: n }, () => Array.from({ length: count }, (_, k) => random.integer(20) / (k + 1))),
    hops: Array.from({ length: count - 1 }, hop),
  };
}

/** The costs of all placements in which data flows onwards. */
function all(graph: TierGraph): number[][] {
  let list: number[][] = [[]];
  graph.nodes.forEach(() => (list = list.flatMap((tiers) => graph.tiers.map((_, k) => [...tiers, k]))));
  return list.filter((tiers) =>
    graph.tensors.every(
      ({ producer, consumers }) => producer === null || consumers.every((v) => tiers[v]! >= tiers[producer]!),
    ),
  );
}

const parts: Part[] = [
  { part: "bytes", hop: 0 },
  { part: "fixed", hop: 0 },
  { part: "compute", tier: 0 },
];

test("break-even points are where the cheapest of all placements changes", () => {
  const random = randomStream(1, "breakeven");
  let several = 0;
  for (let i = 0; i < 60; i++) {
    const { graph, prices } = instance(random, 2 + (i % 2));
    const part = parts[i % 3]!;
    const found = breakEvens(graph, prices, part, 0, 8);
    expect(found[0]!.from).toBe(0);
    expect(found.at(-1)!.to).toBe(8);
    if (found.length > 2) several++;
    const placements = all(graph);
    for (let x = 0.013; x < 8; x += 0.37) {
      const least = Math.min(...placements.map((tiers) => tierCosts(graph, scalePart(prices, part, x), tiers).total));
      const { base, slope } = found.find(({ to }) => x <= to)!;
      expect(base + slope * x).toBeCloseTo(least, 8);
    }
    found.slice(1).forEach((next, j) => {
      const here = found[j]!;
      expect(here.to).toBe(next.from);
      expect(here.base + here.slope * here.to).toBeCloseTo(next.base + next.slope * here.to, 8);
    });
  }
  expect(several).toBeGreaterThan(5);
});

test("the map's cells cover the plane, each with the cheapest placement", () => {
  const random = randomStream(1, "map");
  for (let i = 0; i < 25; i++) {
    const { graph, prices } = instance(random, 2 + (i % 2));
    const x = { part: parts[0]!, from: 0, to: 5 };
    const y = { part: parts[1 + (i % 2)]!, from: 0, to: 4 };
    const map = breakEvenMap(graph, prices, x, y);
    expect(map.exact).toBe(true);
    const total = map.cells.reduce((sum, { polygon }) => sum + areaOf(polygon), 0);
    expect(total).toBeCloseTo(20, 6);
    const placements = all(graph);
    for (let j = 0; j < 30; j++) {
      const [a, b] = [5 * random.uniform(), 4 * random.uniform()];
      const scaled = scalePart(scalePart(prices, x.part, a), y.part, b);
      const least = Math.min(...placements.map((tiers) => tierCosts(graph, scaled, tiers).total));
      expect(map.at(a, b).value).toBeCloseTo(least, 8);
    }
  }
});

function areaOf(polygon: readonly (readonly [number, number])[]): number {
  const twice = polygon.reduce((sum, [x, y], i) => {
    const [u, v] = polygon[(i + 1) % polygon.length]!;
    return sum + x * v - u * y;
  }, 0);
  return Math.abs(twice) / 2;
}

test.each([2, 3])("supported Pareto points of %i price lists: those that some weighing makes cheapest", (count) => {
  const random = randomStream(1, `pareto/${count}`);
  let points = 0;
  for (let i = 0; i < 30; i++) {
    const { graph, prices } = instance(random, 2);
    const hop = (): { perByte: number; fixed: number } => ({ perByte: 2 * random.uniform(), fixed: random.integer(3) });
    const lists = [prices];
    while (lists.length < count) lists.push(draw(random, graph.nodes.length, 2, hop));
    const found = paretoTiers(graph, lists);
    expect(found.exact).toBe(true);
    points += found.points.length;
    const values = all(graph).map((tiers) => lists.map((list) => tierCosts(graph, list, tiers).total));
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
    for (const point of found.points) {
      const least = Math.min(...values.map((value) => dot(value, point.weights)));
      expect(dot(point.values, point.weights)).toBeCloseTo(least, 7);
    }
    for (let j = 0; j < 20; j++) {
      const weights = lists.map(() => 0.05 + random.uniform());
      const least = Math.min(...values.map((value) => dot(value, weights)));
      expect(Math.min(...found.points.map((point) => dot(point.values, weights)))).toBeCloseTo(least, 5);
    }
  }
  expect(points).toBeGreaterThan(45);
});

test("the runner-up is the cheapest placement that differs, and parts add up", () => {
  const random = randomStream(1, "runner-up");
  for (let i = 0; i < 150; i++) {
    const { graph, prices } = instance(random, 2 + (i % 3));
    const best = placeTiers(graph, prices);
    const { binding, runnerUp } = explainTiers(graph, prices, best);
    expect(binding.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(best.value, 9);
    const counts = prices.compute.map((row) => row.some((cost) => cost > 0));
    const others = all(graph).filter((tiers) => tiers.some((k, v) => counts[v]! && k !== best.tiers[v]));
    const second = Math.min(...others.map((tiers) => tierCosts(graph, prices, tiers).total));
    expect(runnerUp!.exact).toBe(true);
    expect(runnerUp!.placement.value, `instance ${i}`).toBeCloseTo(second, 8);
    expect(runnerUp!.price).toBeCloseTo(second - best.value, 8);
  }
});
