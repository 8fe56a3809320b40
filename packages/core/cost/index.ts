/** @file What a segment costs on a host: time and memory. */
export { atEdge, perItem, scaled, within } from "./carry.ts";
export {
  costOf,
  exactly,
  fewestRuns,
  lowQuantile,
  mostSamples,
  runAt,
  thinned,
  type Cost,
  type Costs,
  type Round,
} from "./cost.ts";
export { costStream, draw } from "./draw.ts";
export { emptyCallModel } from "./empty-call.ts";
export { doubtLines, doubtWarnings } from "./doubt-words.ts";
export { doubtsOf, fewest, widest, type Doubt, type DoubtfulTimes } from "./doubts.ts";
export { segmentMemory, type SegmentMemory } from "./memory.ts";
export {
  callOn,
  carryOver,
  costOn,
  costTable,
  secondsOn,
  type CostTable,
  type Edge,
  type HostSpeed,
  type Machine,
  type Profile,
} from "./profile.ts";
export { batchSizes, timesTogether } from "./together.ts";
export {
  aloneOf,
  batchWork,
  isPictureWork,
  isPlainHead,
  pictureWork,
  splitWork,
  wholeWork,
  type SplitWork,
} from "./work.ts";
