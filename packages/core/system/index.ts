/** @file Several flows on shared hosts and links: simulated together, designed together, and how many cameras they carry. */
export { busySecond, type BusySecond } from "./busy.ts";
export { brokenOf, capacityOf, type Broken, type Capacity, type CapacityStep } from "./capacity.ts";
export { expand, type Camera, type Expanded } from "./expand.ts";
export { faster } from "./faster.ts";
export { simulateSystem, type FlowOutcome, type SystemOutcome } from "./outcome.ts";
export { scenarioOfSystem, type Stream } from "./scenario.ts";
export { exhaustive, searchSystem, type Pruned, type SystemSearch } from "./search.ts";
export {
  chosen,
  framesOf,
  selectionName,
  type Choice,
  type Selection,
  type System,
  type SystemFlow,
} from "./system.ts";
export { bitsOnLinks, type WholeCheck } from "./whole.ts";
export type { SystemFlowResult, SystemResult } from "./result.ts";
export { timeIntervals, type TimeIntervals } from "./intervals.ts";
