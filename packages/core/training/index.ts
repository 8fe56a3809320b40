/** @file Training as a library: any model, or layers of one's own; each step is one ONNX graph that the engine runs. */
export { drawMasks, type Mask } from "./dropout.ts";
export { freshWeights } from "./initialise.ts";
export {
  convolution,
  dense,
  projection,
  type ConvolutionOptions,
  type LayerContext,
  type Parameters,
} from "./layers.ts";
export {
  classLoss,
  classScores,
  crossEntropy,
  distillation,
  meanSquaredError,
  needsTeacher,
  type LossOptions,
} from "./loss.ts";
export {
  oneAtATime,
  trainableNetwork,
  type DifferenceTerm,
  type NetworkOptions,
  type TrainableNetwork,
} from "./network.ts";
export { separateStatistics } from "./normalise.ts";
export {
  classObjective,
  fed,
  figures,
  learnableTensors,
  meanSquareOf,
  outputsObjective,
  truthsObjective,
  type Figure,
  type Loss,
  type Objective,
  type Scores,
  type Wanted,
} from "./objective.ts";
export type { OptimiserKind, OptimiserOptions } from "./optimiser.ts";
export { repeatStep, type RepeatedStep } from "./repeat.ts";
export { rateAt, type ScheduleKind, type ScheduleOptions } from "./schedule.ts";
export { buildStep, initialState, stepScalars, type StepOptions, type TrainingStep } from "./step.ts";
export {
  figureOf,
  rowsOfRuns,
  train,
  type Checkpoint,
  type EpochSummary,
  type Score,
  type TrainOptions,
  type TrainProgress,
} from "./train.ts";
export { valuesOf, weightsTowards, withWeights } from "./weights.ts";
