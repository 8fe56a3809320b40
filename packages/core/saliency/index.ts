/** @file Grad-CAM maps, the Cumulative Saliency curve, candidates. */
export { layerOutputs, strictMaxima } from "./candidates.ts";
export { argMax, saliencyCurve, type Curve, type LabelledBatch } from "./curve.ts";
export { buildSaliencyGraph, labelInput, scoresOutput, valuesOutput, type SaliencyGraph } from "./graph.ts";
export type { SaliencyExample, SaliencyPoint, SaliencyResult } from "./result.ts";
export { logitsTensor } from "./logits.ts";
