/** @file Early exits: small heads that answer from inside the model where they are sure, and how sure they have to be. */
export { exitConfidence, exitFeatures, exitModel, withFeatures, type FeatureScale } from "./head.ts";
export { planExit, type ExitPlan, type ExitScores } from "./plan.ts";
export { calibrateExit, fewestTrials, type ExitBound, type ExitCalibration, type ExitTrial } from "./threshold.ts";
export { trainExit, type Exit, type ExitLessons, type ExitTraining } from "./train.ts";
