/** @file What was asked: a study as plain data, its requirements, its deadline and its links. */
export type * from "./study.ts";
export type { MelOptions, SoundOptions } from "./sound.ts";
export { deadlineOf } from "./deadline.ts";
export {
  endsOf,
  hopsAlong,
  linkName,
  lossAlong,
  pathBetween,
  uplinkOf,
  withLoss,
  withUplink,
  atLoss,
  onlyLink,
  type Hop,
} from "./links.ts";
export { routesOf, type Route, type Routes } from "./routes.ts";
export {
  accessSeconds,
  directionFields,
  directionOf,
  fastestRate,
  traceRate,
  turned,
  type DirectionOptions,
  type LinkOptions,
  type LinkMedium,
  type LinkOutages,
  type LinkTraffic,
  type RateTrace,
} from "./link-options.ts";
export { packOpportunities, unpackOpportunities } from "./opportunities.ts";
export {
  isPictureInput,
  pictureFormats,
  usualInputs,
  type CodecInput,
  type PictureInput,
  type RemoteInput,
} from "./remote-input.ts";
export { namedCutText, type NamedCut } from "./named-cut.ts";
export {
  anyQuality,
  commonRules,
  droppedMetric,
  metricRule,
  metricRules,
  moreIsBetter,
  parseRequirement,
  subject,
  type CommonRule,
  type MetricRule,
} from "./requirement.ts";
export { modelPaths, modelWords, type ModelPart, type ModelSource } from "./model-source.ts";
export { boundsWhole, parseWholeRequirement, wholeText, type WholeRequirement } from "./whole.ts";
