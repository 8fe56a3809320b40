/** @file Results on disk. */
export { resultFile, resultSchema } from "./definition.ts";
