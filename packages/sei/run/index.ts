/** @file Running a deployment's host: sources of frames, pictures, what is told of frames. */
export { parseAddress, placesOf } from "./address.ts";
export { captureAll } from "./capture.ts";
export { eventText, tellingSeldom } from "./events.ts";
export { frameLine, named, type FrameLine } from "./line.ts";
export { pictureShape, picturesOf } from "./pictures.ts";
export { openSource, type Source, type SourceFrame, type SourceOptions } from "./sources/index.ts";
export { hopeless, untilReady } from "./waiting.ts";
export { swapper } from "./swap.ts";
export { RunTally, summarise, type RunSummary } from "./summary.ts";
