/** @file Models on disk. */
export { readModel } from "./read.ts";
