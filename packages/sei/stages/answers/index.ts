/** @file Images through a model: in batches that it takes, and which answers are right. */
export * from "./agreement.ts";
export * from "./baseline.ts";
export * from "./batches.ts";
export * from "./classify.ts";
