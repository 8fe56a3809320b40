/** @file Ordered tiers: the cheapest placement by one minimum cut, and its runner-up. */
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
export { runnerUpOf } from "./runner-up.ts";
