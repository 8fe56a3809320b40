/** @file Ordered tiers (device, gateway, cloud): which tier runs which node, data flowing one way and the answer back. */

export interface TierNode {
  name: string;
  /** What it takes of a tier's memory, bytes (default 0). */
  memory?: number;
  /** Tiers that may run it (default: all whose cost is finite). */
  on?: readonly number[];
}

/** Something that nodes read. It crosses each hop at most once, however many nodes behind the hop read it. */
export interface TierTensor {
  name?: string;
  /** Index of the node that makes it; null for what is captured on tier 0. */
  producer: number | null;
  consumers: readonly number[];
  bytes: number;
  /** It must not leave the tier that makes it. */
  private?: boolean;
}

export interface TierGraph {
  nodes: readonly TierNode[];
  tensors: readonly TierTensor[];
  /** From the one that captures on. */
  tiers: readonly { name: string; memory?: number }[];
  /** What is due at `answerAt` (default: tier 0, where the frame came from). */
  outputs?: readonly { node: number; bytes: number }[];
  answerAt?: number;
}

/** A direction of a link between neighbouring tiers. */
export interface Hop {
  /** Per byte that crosses it. */
  perByte: number;
  /** Once when anything crosses it. */
  fixed: number;
}

/** What things cost, in one unit: seconds, joules, money, or a weighed sum. */
export interface Prices {
  /** `compute[node][tier]`; Infinity where that tier cannot run it. */
  compute: readonly (readonly number[])[];
  /** Hop h leads from tier h to h + 1. */
  hops: readonly Hop[];
  /** The way back from tier h + 1 to h; free where absent. */
  back?: readonly Hop[];
}

/** A placement's cost, taken apart. */
export interface TierCosts {
  total: number;
  /** Per tier. */
  compute: number[];
  /** Per hop: bytes, and the fixed part. */
  bytes: number[];
  fixed: number[];
  backBytes: number[];
  backFixed: number[];
}

/**
 * Adds up what a placement costs: the plain definition of the objective. A hop's fixed cost is due when anything runs
 * beyond it (its message has to get there), or the answer is due beyond it.
 */
export function tierCosts(graph: TierGraph, prices: Prices, tiers: ArrayLike<number>): TierCosts {
  const count = graph.tiers.length;
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);
  const costs: TierCosts = {
    total: 0,
    compute: zeros(count),
    bytes: zeros(count - 1),
    fixed: zeros(count - 1),
    backBytes: zeros(count - 1),
    backFixed: zeros(count - 1),
  };
  const answerAt = graph.answerAt ?? 0;
  let farthest = 0;
  for (let v = 0; v < graph.nodes.length; v++) {
    const k = tiers[v]!;
    costs.compute[k]! += prices.compute[v]![k]!;
    if (k > farthest) farthest = k;
  }
  for (let h = 0; h < count - 1; h++) {
    const hop = prices.hops[h]!;
    const back = prices.back?.[h] ?? { perByte: 0, fixed: 0 };
    for (const { producer, consumers, bytes } of graph.tensors) {
      const from = producer === null ? 0 : tiers[producer]!;
      if (from <= h && consumers.some((v) => tiers[v]! > h)) costs.bytes[h]! += bytes * hop.perByte;
    }
    for (const { node, bytes } of graph.outputs ?? []) {
      if (answerAt <= h && tiers[node]! > h) costs.backBytes[h]! += bytes * back.perByte;
      if (answerAt > h && tiers[node]! <= h) costs.bytes[h]! += bytes * hop.perByte;
    }
    if (answerAt > h || farthest > h) costs.fixed[h] = hop.fixed;
    if (answerAt <= h && (graph.outputs ?? []).some(({ node }) => tiers[node]! > h)) costs.backFixed[h] = back.fixed;
  }
  for (const part of [costs.compute, costs.bytes, costs.fixed, costs.backBytes, costs.backFixed]) {
    for (const cost of part) costs.total += cost;
  }
  return costs;
}
