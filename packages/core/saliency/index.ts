/** @file Grad-CAM maps, the Cumulative Saliency curve, candidates. */
export { aimOf, classAim, type Aim } from "./aim.ts";
export { cheaperForm, layerOutputs, strictMaxima } from "./candidates.ts";
export { saliencyCurve, type Curve, type JudgedBatch } from "./curve.ts";
export { buildSaliencyGraph, truthInput, valuesOutput, type SaliencyGraph, type SaliencyOptions } from "./graph.ts";
export { channelAxes } from "./layout.ts";
export { pointsTowards, type Point } from "./points.ts";
export type { SaliencyExample, SaliencyPoint, SaliencyResult } from "./result.ts";
