/** @file Designs and results, and the match of designs to requirements. */
export type * from "./result.ts";
export type { SaliencyExample, SaliencyPoint, SaliencyResult } from "../saliency/index.ts";
export { checkDesign, type DesignMetrics } from "./check.ts";
export { match, type MatchOptions } from "./match.ts";
export { paretoSet } from "./pareto.ts";
export { designsAt, placementName } from "./placement.ts";
export { describeDesign } from "./words.ts";
export { arrangementName, arrangements, inputName, type Arrangement, type TransportName } from "./arrangement.ts";
export {
  datagramPayload,
  datagramTimeout,
  networkLink,
  simulateDesign,
  summariseFrames,
  sustainedRate,
  type FrameOutcome,
  type FrameSummary,
  type Work,
} from "./simulate.ts";
