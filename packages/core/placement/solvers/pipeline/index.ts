/** @file Pipelines: contiguous parts of a graph on hosts of a few kinds, by throughput or latency, proved optimal. */
export { placeStages, type StageOptions } from "./solve.ts";
export { cyclic } from "./check.ts";
export {
  stageOf,
  type HostKind,
  type Stage,
  type StageNode,
  type StagePlacement,
  type StageProblem,
  type StageTensor,
} from "./problem.ts";
