/** @file The main job: a study in, a result out. */
export { writeBundle } from "./bundle.ts";
export { runStudy, type Run } from "./run.ts";
export { bundleFiles } from "./own-bundle.ts";
