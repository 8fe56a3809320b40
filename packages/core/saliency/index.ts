/** @file Grad-CAM maps, the Cumulative Saliency curve, candidates. */
export { classAim, type Aim } from "./aim.ts";
export { layerOutputs, strictMaxima } from "./candidates.ts";
export { argMax, saidClass, saliencyCurve, type Curve, type LabelledBatch } from "./curve.ts";
export {
  buildSaliencyGraph,
  labelInput,
  scoresOutput,
  valuesOutput,
  type SaliencyGraph,
  type SaliencyOptions,
} from "./graph.ts";
export type { Point } from "./points.ts";
export type { SaliencyExample, SaliencyPoint, SaliencyResult } from "./result.ts";
