/** @file The cheapest placement on ordered tiers, with its proof. */
import { fits, placement, type TierOptions, type TierPlacement } from "./answer.ts";
import { checkTiers, reach } from "./check.ts";
import { cutTiers } from "./cut.ts";
import { placeWithinMemory } from "./memory.ts";
import type { Prices, TierGraph } from "./problem.ts";

/**
 * The cheapest placement of a graph on ordered tiers. Without memory limits one minimum cut finds and proves it; where
 * the cut's answer does not fit, bounds by Lagrange multipliers and branch and bound go on from there.
 *
 * @throws InputError when the problem is malformed or some node is left without a tier.
 */
export function placeTiers(graph: TierGraph, prices: Prices, options: TierOptions = {}): TierPlacement {
  checkTiers(graph, prices);
  const { tiers, bound } = cutTiers(graph, prices, reach(graph, prices));
  if (fits(graph, tiers)) return placement(graph, prices, tiers, bound, 1);
  return placeWithinMemory(graph, prices, { tiers, bound }, options);
}
