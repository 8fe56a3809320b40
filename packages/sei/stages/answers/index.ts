/** @file Samples through a model: in batches that it takes, its answers read and judged as the task does. */
export { batchSize } from "../../data/index.ts";
export * from "./agreement.ts";
export * from "./baseline.ts";
export * from "./batches.ts";
export * from "./choose-task.ts";
export * from "./exam.ts";
export * from "./task.ts";
