import { expect, test } from "vitest";
import { randomStream, type Random } from "../../random/index.ts";
import { placeTiers, tierCosts, type Prices, type TierGraph, type TierNode, type TierTensor } from "./index.ts";
import { fits } from "./answer.ts";

/** Every placement in which data flows onwards: slow and obvious. */
function bruteForce(graph: TierGraph, prices: Prices): number {
  const n = graph.nodes.length;
  const tiers = Array.from({ length: n }, () => 0);
  let best = Infinity;
  const legal = (): boolean =>
    graph.nodes.every((node, v) => node.on?.includes(tiers[v]!) ?? true) &&
    fits(graph, tiers) &&
    graph.tensors.every(({ producer, consumers, private: tied }) =>
      consumers.every((v) => {
        const from = producer === null ? 0 : tiers[producer]!;
        return tied ? tiers[v] === from : tiers[v]! >= from;
      }),
    );
  const go = (v: number): void => {
    if (v === n) {
      if (legal()) best = Math.min(best, tierCosts(graph, prices, tiers).total);
      return;
    }
    for (let k = 0; k < graph.tiers.length; k++) {
      tiers[v] = k;
      go(v + 1);
    }
  };
  go(0);
  return best;
}

function randomInstance(random: Random, count: number, memory: boolean): { graph: TierGraph; prices: Prices } {
  const n = 1 + random.integer(count === 2 ? 9 : count === 3 ? 7 : 6);
  const real = random.uniform() < 0.3;
  const draw = (most: number): number => (real ? most * random.uniform() : random.integer(most + 1));
  const nodes = Array.from({ length: n }, (_, v): TierNode => {
    const node: TierNode = { name: `n${v}`, memory: random.integer(5) };
    if (random.uniform() < 0.15) node.on = [random.integer(count)];
    else if (random.uniform() < 0.1) node.on = [0, count - 1];
    return node;
  });
  const tensors: TierTensor[] = [];
  for (let v = -1; v < n; v++) {
    const consumers = nodes.flatMap((_, w) => (w > v && random.uniform() < (v < 0 ? 0.4 : 0.35) ? [w] : []));
    const tensor: TierTensor = { producer: v < 0 ? null : v, consumers, bytes: draw(10) };
    if (random.uniform() < 0.08) tensor.private = true;
    tensors.push(tensor);
    // A second output of the same node.
    if (random.uniform() < 0.2)
      tensors.push({ producer: v < 0 ? null : v, consumers: consumers.slice(1), bytes: draw(10) });
  }
  const hop = (): { perByte: number; fixed: number } => ({
    perByte: draw(3),
    fixed: random.uniform() < 0.5 ? 0 : draw(12),
  });
  const graph: TierGraph = {
    nodes,
    tensors,
    tiers: Array.from({ length: count }, (_, k) => {
      const tier: { name: string; memory?: number } = { name: `t${k}` };
      if (memory && random.uniform() < 0.7) tier.memory = 2 + random.integer(3 * n);
      return tier;
    }),
  };
  if (random.uniform() < 0.5) {
    graph.outputs = nodes.flatMap((_, node) => (random.uniform() < 0.3 ? [{ node, bytes: draw(4) }] : []));
  }
  if (random.uniform() < 0.2) graph.answerAt = random.integer(count);
  const prices: Prices = {
    compute: nodes.map(() => graph.tiers.map(() => (random.uniform() < 0.06 ? Infinity : draw(20)))),
    hops: Array.from({ length: count - 1 }, hop),
  };
  if (random.uniform() < 0.6) prices.back = Array.from({ length: count - 1 }, hop);
  return { graph, prices };
}

test.each([
  [1, 50],
  [2, 800],
  [3, 700],
  [4, 500],
])("%i tiers: the cut equals brute force on %i random graphs", (count, instances) => {
  const random = randomStream(1, `tiers/${count}`);
  let placed = 0;
  for (let i = 0; i < instances; i++) {
    const { graph, prices } = randomInstance(random, count, false);
    const expected = bruteForce(graph, prices);
    if (expected === Infinity) {
      expect(() => placeTiers(graph, prices), `instance ${i}`).toThrow();
      continue;
    }
    placed++;
    const { value, bound, gap, cuts } = placeTiers(graph, prices);
    expect(value, `instance ${i}`).toBeCloseTo(expected, 9);
    expect(bound).toBeLessThanOrEqual(expected + 1e-9);
    expect(gap).toBe(0);
    expect(cuts).toBe(1);
  }
  expect(placed).toBeGreaterThan(instances / 2);
});

test("memory limits: branch and bound equals brute force", () => {
  const random = randomStream(1, "tiers/memory");
  let bound = 0;
  for (let i = 0; i < 400; i++) {
    const { graph, prices } = randomInstance(random, 2 + (i % 2), true);
    const expected = bruteForce(graph, prices);
    if (expected === Infinity) {
      expect(() => placeTiers(graph, prices), `instance ${i}`).toThrow();
      continue;
    }
    const result = placeTiers(graph, prices);
    if (result.cuts > 1) bound++;
    expect(result.value, `instance ${i}`).toBeCloseTo(expected, 9);
    expect(result.gap).toBeLessThan(1e-9);
  }
  expect(bound).toBeGreaterThan(50);
});

test("a search that ends early states a gap that holds", () => {
  const random = randomStream(1, "tiers/early");
  let open = 0;
  for (let i = 0; i < 200; i++) {
    const { graph, prices } = randomInstance(random, 3, true);
    const expected = bruteForce(graph, prices);
    if (expected === Infinity) continue;
    try {
      const { value, bound, gap } = placeTiers(graph, prices, { cuts: 8 });
      expect(value).toBeGreaterThanOrEqual(expected - 1e-9);
      expect(bound).toBeLessThanOrEqual(expected + 1e-9);
      expect(value * (1 - gap)).toBeCloseTo(bound, 9);
      if (gap > 0) open++;
    } catch {
      continue;
    }
  }
  expect(open).toBeGreaterThan(0);
});

test("ties go to the earlier tier", () => {
  const graph: TierGraph = {
    nodes: [{ name: "a" }, { name: "b" }],
    tensors: [
      { producer: null, consumers: [0], bytes: 0 },
      { producer: 0, consumers: [1], bytes: 0 },
    ],
    tiers: [{ name: "device" }, { name: "server" }],
  };
  const prices = {
    compute: [
      [1, 1],
      [1, 1],
    ],
    hops: [{ perByte: 1, fixed: 0 }],
  };
  expect(placeTiers(graph, prices).tiers).toEqual([0, 0]);
});

test("what cannot be placed says what is missing", () => {
  const graph = (a: TierNode, b: TierNode): TierGraph => ({
    nodes: [a, b],
    tensors: [{ producer: 0, consumers: [1], bytes: 1 }],
    tiers: [
      { name: "device", memory: 5 },
      { name: "server", memory: 5 },
    ],
  });
  const prices = {
    compute: [
      [1, 2],
      [1, 2],
    ],
    hops: [{ perByte: 1, fixed: 0 }],
  };
  const place = (a: TierNode, b: TierNode) => () => placeTiers(graph(a, b), prices);
  expect(place({ name: "a", on: [1] }, { name: "b", on: [0] })).toThrow(
    'no tier is left for node "b": it may run on "device"; it reads from "a", which runs on "server" at the earliest',
  );
  expect(place({ name: "a", on: [] }, { name: "b" })).toThrow('no tier can run node "a"');
  expect(place({ name: "a", memory: 6 }, { name: "b" })).toThrow("expected at most 5 bytes, got 6");
  expect(place({ name: "a", memory: 5 }, { name: "b", memory: 6 })).toThrow("1 bytes short");
  expect(() => placeTiers(graph({ name: "a" }, { name: "b" }), { ...prices, hops: [] })).toThrow("hops: expected 1");
  expect(() =>
    placeTiers(
      { ...graph({ name: "a" }, { name: "b" }), tensors: [{ producer: 0, consumers: [7], bytes: 1 }] },
      prices,
    ),
  ).toThrow("tensors[0]: expected a node from 0 to 1, got 7");
});
