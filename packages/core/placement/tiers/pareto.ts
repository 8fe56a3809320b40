/** @file Trade-offs between price lists: the placements that some weighing makes cheapest (supported Pareto points). */
import { InputError } from "../../errors/index.ts";
import { envelope1d, envelope2d, type Linear, type Point } from "../envelope.ts";
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

/**
 * All supported Pareto points of two or three price lists, by search over the weights: exact unless `exact` is false.
 * Points that lie above the lower hull are not among them; no weighing makes these cheapest.
 */
export function paretoTiers(
  graph: TierGraph,
  lists: readonly Prices[],
  most = 1000,
): { points: ParetoPoint[]; exact: boolean } {
  if (lists.length < 2 || lists.length > 3) {
    throw new InputError("ERR_PLACEMENT_MIX", `expected two or three price lists, got ${lists.length}`);
  }
  // Weights never vanish quite, so that ties are broken by what would otherwise not count.
  const tiny = 1e-6;
  const spans = lists.map((prices) => placeTiers(graph, prices).value || 1);
  const weigh = (x: number, y: number): number[] => {
    const raw = lists.length === 2 ? [x, 1 - x] : [x, y, 1 - x - y];
    return raw.map((weight, i) => weight / spans[i]!);
  };
  const solve = (x: number, y: number): Linear<ParetoPoint> => {
    const weights = weigh(x, y);
    const { tiers } = placeTiers(graph, mixPrices(lists, weights));
    const values = lists.map((prices) => tierCosts(graph, prices, tiers).total);
    const sum = weights.reduce((a, b) => a + b, 0);
    const scaled = values.map((value, i) => value / spans[i]!);
    const last = scaled.at(-1)!;
    const slopes = lists.length === 2 ? [scaled[0]! - last, 0] : [scaled[0]! - last, scaled[1]! - last];
    return { base: last, slopes, answer: { tiers, values, weights: weights.map((weight) => weight / sum) } };
  };
  const low = tiny;
  const high = 1 - 2 * tiny;
  if (lists.length === 2) {
    const stretches = envelope1d((x) => solve(x, 0), low, high);
    return { points: sorted(stretches.map(({ line }) => line.answer)), exact: true };
  }
  const domain: Point[] = [
    [low, low],
    [high, low],
    [low, high],
  ];
  const { cells, exact } = envelope2d(solve, domain, most);
  return { points: sorted(cells.map((cell) => cell.line.answer)), exact };
}

const sorted = (points: ParetoPoint[]): ParetoPoint[] => points.sort((a, b) => a.values[0]! - b.values[0]!);
