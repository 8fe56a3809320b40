/** @file Models on disk. */
export { readModel, readModelFile, type ModelFile } from "./read.ts";
export { readFeeds } from "./feeds.ts";
export { filesOfModel, openModel, type OpenedModel } from "./scan.ts";
export type { Range } from "./external.ts";
