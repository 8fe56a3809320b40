/**
 * @file Exact placement: which host runs which node of a graph, proved. One problem, one call, one answer: `place`; what
 * would change the answer: `breakEvens`, `breakEvenMap`, `tradeOffs`.
 */
export { place, withRunnerUp, type Placement } from "./place.ts";
export {
  costs,
  type Cost,
  type Host,
  type Link,
  type Node,
  type Objective,
  type Problem,
  type Tensor,
  type Weights,
} from "./problem.ts";
export type { Effort, Found, Limits, SolverName } from "./solver.ts";
export type { Explanation, RunnerUp, Term } from "./explain.ts";
export {
  costsOf,
  loadsOf,
  memoryOf,
  valueOf,
  type Assigned,
  type Costs,
  type Load,
  type Message,
  type Part,
} from "./costs.ts";
export { placeWithin, type Within, type WithinPlacement } from "./within.ts";
export { pricesOf, type Prices } from "./prices.ts";
export { messagesOf } from "./messages.ts";
export {
  breakEvens,
  breakEvenMap,
  scaled,
  tradeOffs,
  type BreakEvenMap,
  type Change,
  type Stretch,
} from "./changes.ts";
export type { Point } from "./envelope.ts";
export type { Supported } from "./pareto.ts";
export { readWorkload, type Workload } from "./workload.ts";
