/** @file Ordered tiers: the cheapest placement by one minimum cut, its explanation, and what changes it. */
export {
  tierCosts,
  type Hop,
  type Prices,
  type TierCosts,
  type TierGraph,
  type TierNode,
  type TierTensor,
} from "./problem.ts";
export { placeTiers } from "./solve.ts";
export type { TierOptions, TierPlacement } from "./answer.ts";
export { explainTiers, type TierExplanation } from "./explain.ts";
export { mixPrices, scalePart, type Part } from "./parts.ts";
export { paretoTiers, type ParetoPoint } from "./pareto.ts";
export { breakEvens, breakEvenMap, type BreakEven, type BreakEvenMap } from "./breakeven.ts";
