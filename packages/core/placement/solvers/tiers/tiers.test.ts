import { expect, test } from "vitest";
import { randomStream } from "../../../random/index.ts";
import { bruteForceTiers, randomTiers } from "../../../testing/tiers.ts";
import { placeTiers, type TierGraph, type TierNode } from "./index.ts";

test.each([
  [1, 50],
  [2, 800],
  [3, 700],
  [4, 500],
])("%i tiers: the cut equals brute force on %i random graphs", (count, instances) => {
  const random = randomStream(1, `tiers/${count}`);
  let placed = 0;
  for (let i = 0; i < instances; i++) {
    const { graph, prices } = randomTiers(random, count, false);
    const expected = bruteForceTiers(graph, prices);
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
    const { graph, prices } = randomTiers(random, 2 + (i % 2), true);
    const expected = bruteForceTiers(graph, prices);
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
    const { graph, prices } = randomTiers(random, 3, true);
    const expected = bruteForceTiers(graph, prices);
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

test("costs next to nothing have an answer too", () => {
  const graph: TierGraph = {
    nodes: [{ name: "a" }, { name: "b" }],
    tensors: [
      { producer: null, consumers: [0], bytes: 1 },
      { producer: 0, consumers: [1], bytes: 1 },
    ],
    tiers: [{ name: "device" }, { name: "server" }],
  };
  const compute = [
    [3e-299, 1e-299],
    [1e-299, 5e-324],
  ];
  const { tiers, value, bound } = placeTiers(graph, { compute, hops: [{ perByte: 1e-299, fixed: 5e-324 }] });
  expect(tiers).toEqual([1, 1]);
  expect(value).toBeCloseTo(2e-299, 305);
  expect(bound).toBeLessThanOrEqual(value);
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
