/** @file Random placement problems on tiers, and the slow, obvious answer to them. */
import { fits } from "../placement/solvers/tiers/answer.ts";
import {
  tierCosts,
  type Prices,
  type TierGraph,
  type TierNode,
  type TierTensor,
} from "../placement/solvers/tiers/index.ts";
import type { Random } from "../random/index.ts";

/** Every placement in which data flows onwards: slow and obvious. */
export function bruteForceTiers(graph: TierGraph, prices: Prices): number {
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

/** A graph of up to nine nodes with fan-out, fixed costs, pins, private tensors and answers; with limited memory if asked. */
export function randomTiers(random: Random, count: number, memory: boolean): { graph: TierGraph; prices: Prices } {
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
