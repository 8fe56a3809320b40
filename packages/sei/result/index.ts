/** @file Results on disk. */
export { resultFile, resultSchema } from "./definition.ts";
export { parseResult, readResult } from "./read.ts";
