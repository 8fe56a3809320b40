/** @file Models on disk. */
export { readModel, readModelFile, type ModelFile } from "./read.ts";
export { openModel, type OpenedModel, type Range } from "./scan.ts";
