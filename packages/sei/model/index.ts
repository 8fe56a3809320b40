/** @file Models on disk. */
export { readModel, readModelFile, type ModelFile } from "./read.ts";
