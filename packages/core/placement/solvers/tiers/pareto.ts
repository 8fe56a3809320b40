/** @file Trade-offs between price lists on tiers. */
import { supportedPoints } from "../../pareto.ts";
import { mixPrices } from "./parts.ts";
import { tierCosts, type Prices, type TierGraph } from "./problem.ts";
import { placeTiers } from "./solve.ts";

export interface ParetoPoint {
  tiers: number[];
  /** Its cost under each price list. */
  values: number[];
  /** A weighing (summing to 1) that makes it cheapest. */
  weights: number[];
}

/** All supported Pareto points of two or three price lists (`supportedPoints`). */
export function paretoTiers(
  graph: TierGraph,
  lists: readonly Prices[],
  most = 1000,
): { points: ParetoPoint[]; exact: boolean } {
  const solve = (weights: readonly number[]): { answer: number[]; values: number[] } => {
    const { tiers } = placeTiers(graph, mixPrices(lists, weights));
    return { answer: tiers, values: lists.map((prices) => tierCosts(graph, prices, tiers).total) };
  };
  const { points, exact } = supportedPoints(lists.length, solve, most);
  return { points: points.map(({ answer, values, weights }) => ({ tiers: answer, values, weights })), exact };
}
