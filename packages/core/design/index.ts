/** @file Designs and results, and the match of designs to requirements. */
export type * from "./result.ts";
export type { SaliencyExample, SaliencyPoint, SaliencyResult } from "../saliency/index.ts";
export { checkDesign, isSystemMetric, mainMetric, qualityOf, read, type DesignMetrics } from "./check.ts";
export { withInfinity } from "./infinity.ts";
export { match, recommendedOf, type MatchOptions } from "./match.ts";
export { axisName, frontOf, paretoSet } from "./pareto.ts";
export type { AddedTime, Deciding, Figure, Phrase } from "./phrase.ts";
export { designsAt, placementName } from "./placement.ts";
export * from "./design.ts";
export { togetherOn } from "./together.ts";
export {
  designsAtCut,
  designsAtCuts,
  exitDesigns,
  inputName,
  isTried,
  localDesign,
  relayedDesigns,
  remoteDesign,
  remoteDesigns,
  routesTried,
  runsWhereCaptured,
  splitDesign,
  wholeDesigns,
  type Found,
  type ModelEnds,
} from "./space.ts";
export { over, sends, transportsTried, waysToSend } from "./sending.ts";
export {
  framesOfLatencies,
  latenciesByFirst,
  mayFit,
  quickestLatencies,
  raisedBy,
  timesAtBest,
  withoutMeanInterval,
} from "./bounds.ts";
export { namedDesigns } from "./named.ts";
export { latencyCurve } from "./latency-curve.ts";
export {
  exitStandsAt,
  withExitAnswers,
  noParts,
  outcomesOf,
  resourceName,
  scenarioOf,
  servingOf,
  simulateSteps,
  summariseFrames,
  sustainedRate,
  type FrameOutcome,
  type Doubt,
  type FrameSummary,
  type Simulation,
  type Simulated,
} from "./simulate.ts";
export {
  bytesSent,
  datagramPayload,
  datagramTimeout,
  measuredParts,
  partNames,
  transportAlong,
  wayOf,
  type Costs,
  type Part,
} from "./way.ts";
export { behindEach, idleAlong, jitterAlong } from "./behind.ts";
export { networkLink } from "./network-link.ts";
export { codingWork, exitWork, isExitWork, segmentWork } from "./works.ts";
export type { LeftOut } from "./left-out.ts";
export { framesResult, simulatorOf, type Again, type FramesResult, type Simulator } from "./again.ts";
export {
  basisName,
  ofImages,
  perImage,
  rightOf,
  savedCosts,
  type Basis,
  type DesignBasis,
  type PerImage,
} from "./basis.ts";
export { closelyOf, type Closely, type Span } from "./closely.ts";
export { holesOf, packetsOf, withoutUnreadable, type Holes } from "./holes.ts";
export { sentByImage, stepsByImage } from "./image-steps.ts";
export { doubtOf, type TimesDoubt } from "./times-doubt.ts";
export { predictQuality, type Knowledge, type PredictedQuality } from "./predict-quality.ts";
export {
  canSimulate,
  differingImages,
  whatIf,
  type Differing,
  type WhatIf,
  type WhatIfDesign,
  type WhatIfOptions,
} from "./what-if.ts";
