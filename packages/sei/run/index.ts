/** @file Running a deployment's host: sources of frames, pictures, what is told of frames. */
export { parseAddress, placesOf, refuseSameAddress } from "./address.ts";
export { captureAll } from "./capture.ts";
export { eventText, tellingSeldom, unreadableEvent } from "./events.ts";
export { judge, RunQuality, truthsOf, type Judgement, type Known } from "./judgement.ts";
export { answerText, frameLine, named, wordingOf, type FrameLine, type Wording } from "./line.ts";
export { pictureShape, picturesOf } from "./pictures.ts";
export { addressOfPlan, plansOf, readPolicyBundles, together, type Bundle, type PolicyBundles } from "./plans.ts";
export { openSource, type Source, type SourceFrame, type SourceOptions } from "./sources/index.ts";
export { hopeless, untilReady } from "./waiting.ts";
export { swapper } from "./swap.ts";
export { RunTally, summarise, type RunSummary } from "./summary.ts";
