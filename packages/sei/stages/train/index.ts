/** @file Training of models on data sets: what `sei train` does. */
export { trainModel, type TrainJob, type TrainResult } from "./run.ts";
export type { TrainSettings } from "./settings.ts";
