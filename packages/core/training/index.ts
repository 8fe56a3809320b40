/** @file Training small networks and parts of networks, as ONNX graphs in the engine. */
export { convolution, dense, type ConvolutionOptions, type LayerContext, type Parameters } from "./layers.ts";
export { crossEntropy, meanSquaredError } from "./loss.ts";
export { buildStep, type StepOptions, type TrainingStep } from "./step.ts";
export { train, type Checkpoint, type EpochSummary, type TrainOptions, type TrainProgress } from "./train.ts";
