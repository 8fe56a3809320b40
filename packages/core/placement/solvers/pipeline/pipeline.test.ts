import { expect, test } from "vitest";
import { randomStream, type Random } from "../../../random/index.ts";
import { placeStages, stageOf, type StageNode, type StageProblem } from "./index.ts";

/** Every chain of predecessor-closed sets, every kind for every part: slow and obvious. */
function bruteForce(problem: StageProblem, goal: "throughput" | "latency"): number {
  const n = problem.nodes.length;
  const before = new Int32Array(n);
  for (const { producer, consumers } of problem.tensors) for (const v of consumers) before[v]! |= 1 << producer;
  const closed: number[] = [];
  for (let set = 0; set < 1 << n; set++) {
    let ok = true;
    for (let v = 0; v < n; v++) if ((set >> v) & 1 && (before[v]! & ~set) !== 0) ok = false;
    if (ok) closed.push(set);
  }
  const left = problem.kinds.map((kind) => kind.count);
  const known = new Map<string, number>();
  const go = (set: number): number => {
    if (set === (1 << n) - 1) return 0;
    const key = `${set}/${left.join()}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    let best = Infinity;
    for (const next of closed) {
      if (next === set || (next & set) !== set) continue;
      const nodes = Array.from({ length: n }, (_, v) => v).filter((v) => ((next & ~set) >> v) & 1);
      if (splitsGroup(problem.nodes, nodes)) continue;
      problem.kinds.forEach((kind, k) => {
        if (left[k] === 0) return;
        const stage = stageOf(problem, k, nodes);
        if (stage.memory > kind.memory || stage.load === Infinity) return;
        left[k]!--;
        const rest = go(next);
        left[k]!++;
        best = Math.min(best, goal === "latency" ? stage.load + rest : Math.max(stage.load, rest));
      });
    }
    known.set(key, best);
    return best;
  };
  return go(0);
}

function splitsGroup(all: readonly StageNode[], part: readonly number[]): boolean {
  const inside = new Set(part);
  const groups = new Set(part.map((v) => all[v]!.group).filter((group) => group !== undefined));
  return all.some((node, v) => node.group !== undefined && groups.has(node.group) && !inside.has(v));
}

function randomProblem(random: Random): StageProblem {
  const n = 1 + random.integer(8);
  const kinds = Array.from({ length: 1 + random.integer(3) }, (_, k) => ({
    name: `kind${k}`,
    count: k === 0 ? 1 + random.integer(3) : random.integer(3),
    memory: random.uniform() < 0.5 ? Infinity : 3 + random.integer(20),
    link: random.uniform() < 0.3 ? 0 : 1,
  }));
  const nodes = Array.from({ length: n }, (_, v): StageNode => {
    const node: StageNode = {
      name: `n${v}`,
      cost: kinds.map(() => (random.uniform() < 0.1 ? Infinity : random.integer(10))),
      memory: random.integer(4),
    };
    if (random.uniform() < 0.2) node.group = random.integer(3);
    return node;
  });
  const tensors = nodes.flatMap((_, producer) => {
    const consumers = nodes.flatMap((_, v) => (v > producer && random.uniform() < 0.35 ? [v] : []));
    return consumers.length > 0 ? [{ producer, consumers, cost: random.integer(4) }] : [];
  });
  return { nodes, tensors, kinds };
}

test.each(["throughput", "latency"] as const)("%s equals brute force on random graphs", (goal) => {
  const random = randomStream(1, `stages/${goal}`);
  let placed = 0;
  for (let i = 0; i < 600; i++) {
    const problem = randomProblem(random);
    const expected = bruteForce(problem, goal);
    if (expected === Infinity) {
      expect(() => placeStages(problem, { goal }), `instance ${i}`).toThrow();
      continue;
    }
    placed++;
    const { value, bound, gap, stages } = placeStages(problem, { goal });
    expect(value, `instance ${i}`).toBeCloseTo(expected, 9);
    expect(bound).toBeLessThanOrEqual(value);
    expect(gap).toBeLessThan(1e-9);
    expect(stages.flatMap((stage) => stage.nodes).sort((a, b) => a - b)).toEqual(problem.nodes.map((_, v) => v));
  }
  expect(placed).toBeGreaterThan(300);
});

test("a bound is valid and the gap is stated when not all sets fit", () => {
  const random = randomStream(2, "stages/gap");
  for (let i = 0; i < 100; i++) {
    const problem = randomProblem(random);
    const expected = bruteForce(problem, "throughput");
    if (expected === Infinity) continue;
    let result;
    try {
      result = placeStages(problem, { goal: "throughput", ideals: 3 });
    } catch {
      continue;
    }
    expect(result.value).toBeGreaterThanOrEqual(expected - 1e-9);
    expect(result.bound).toBeLessThanOrEqual(expected + 1e-9);
    expect(result.value * (1 - result.gap)).toBeCloseTo(result.bound, 9);
  }
});

test("a search that is stopped keeps what it has, with a gap", () => {
  const nodes = Array.from({ length: 40 }, (_, v) => ({ name: `n${v}`, cost: [1 + (v % 5)], memory: 1 }));
  const tensors = nodes.slice(2).map((_, v) => ({ producer: v, consumers: [v + 2], cost: 1 }));
  const problem = { nodes, tensors, kinds: [{ name: "gpu", count: 3, memory: Infinity, link: 1 }] };
  const best = placeStages(problem, { goal: "throughput" });
  expect(best.gap).toBe(0);
  let calls = 0;
  const early = placeStages(problem, { goal: "throughput", stop: () => ++calls > 60 });
  expect(early.value).toBeGreaterThanOrEqual(best.value);
  expect(early.bound).toBeLessThanOrEqual(best.value);
});

test("what cannot be placed says what is missing", () => {
  const kinds = [{ name: "gpu", count: 1, memory: 10, link: 1 }];
  const node = { name: "a", cost: [1], memory: 4 };
  const place = (problem: StageProblem): unknown => placeStages(problem, { goal: "throughput" });
  expect(() => place({ nodes: [{ ...node, memory: 11 }], tensors: [], kinds })).toThrow(
    'no host can hold node "a": expected at most 10 bytes ("gpu"), got 11',
  );
  expect(() => place({ nodes: [node, node, node], tensors: [], kinds })).toThrow("2 bytes short");
  expect(() => place({ nodes: [{ ...node, cost: [Infinity] }], tensors: [], kinds })).toThrow("no host can run node");
  expect(() =>
    place({
      nodes: [node, { ...node, name: "b" }],
      tensors: [
        { producer: 0, consumers: [1], cost: 0 },
        { producer: 1, consumers: [0], cost: 0 },
      ],
      kinds,
    }),
  ).toThrow('expected a graph without cycles, got "a" -> "b" -> "a"');
  const four = [6, 6, 4, 4].map((memory, v) => ({ name: `n${v}`, cost: [1], memory }));
  const row = [0, 1, 2].map((v) => ({ producer: v, consumers: [v + 1], cost: 0 }));
  expect(() => place({ nodes: four, tensors: row, kinds: [{ ...kinds[0]!, count: 2 }] })).toThrow("no split into");
});
