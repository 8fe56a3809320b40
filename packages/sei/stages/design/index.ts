/** @file The main job: a study in, a result out. */
export { capacityOfStudy, type StudyCapacity } from "./capacity.ts";
export type { DesignFrames } from "./evaluate.ts";
export { framesCsv } from "./frames-csv.ts";
export { bundleFiles } from "./own-bundle.ts";
export { runStudy, type Run, type RunDesign, type RunOptions } from "./run.ts";
export { withoutRace } from "./race.ts";
export { mapAt, saliencyStage } from "./saliency.ts";
export { openSubject, type Subject } from "./subject.ts";
export { runSystem, type SystemRun } from "./system.ts";
