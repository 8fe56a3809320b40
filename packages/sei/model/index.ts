/** @file Models on disk. */
export { readModel, readModelFile, type ModelFile } from "./read.ts";
export { readModelWith, readStudyModel, type StudyModel } from "./study-model.ts";
export { filesOfSource, readSource } from "./pipeline.ts";
export { readFeeds } from "./feeds.ts";
export { filesOfModel, openModel, type OpenedModel } from "./scan.ts";
export type { Range } from "./external.ts";
