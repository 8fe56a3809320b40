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
export { placeTiers, type TierOptions, type TierPlacement } from "./solve.ts";
