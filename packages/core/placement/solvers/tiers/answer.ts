/** @file What a search on tiers is told and answers, and whether an answer fits. */
import { tierCosts, type Prices, type TierCosts, type TierGraph } from "./problem.ts";

export interface TierOptions {
  /** Minimum cuts solved at most where memory limits bind (default 2,000). */
  cuts?: number;
  /** Asked between cuts; true ends the search with what there is. */
  stop?: () => boolean;
}

/** A placement with the proof of how good it is. */
export interface TierPlacement {
  /** Tier per node. */
  tiers: number[];
  value: number;
  /** No placement costs less than this: a flow of this value exists. */
  bound: number;
  /** (value - bound) / value, 0 when optimal up to rounding (about 1e-12). */
  gap: number;
  costs: TierCosts;
  /** Minimum cuts solved. */
  cuts: number;
}

/** Memory in use, per tier. */
export function memoryOf(graph: TierGraph, tiers: ArrayLike<number>): number[] {
  const used = graph.tiers.map(() => 0);
  graph.nodes.forEach((node, v) => (used[tiers[v]!]! += node.memory ?? 0));
  return used;
}

export function fits(graph: TierGraph, tiers: ArrayLike<number>): boolean {
  return memoryOf(graph, tiers).every((used, k) => used <= (graph.tiers[k]!.memory ?? Infinity));
}

/** The placement with its costs added up anew, and its gap to `bound`. */
export function placement(
  graph: TierGraph,
  prices: Prices,
  tiers: ArrayLike<number>,
  bound: number,
  cuts: number,
): TierPlacement {
  const list = Array.from(tiers);
  const costs = tierCosts(graph, prices, list);
  const value = costs.total;
  // The bound is a hair low by rounding: that is not a gap.
  const proved = value - bound <= 1e-11 * value ? value : Math.min(bound, value);
  return { tiers: list, value, bound: proved, gap: value > 0 ? (value - proved) / value : 0, costs, cuts };
}
