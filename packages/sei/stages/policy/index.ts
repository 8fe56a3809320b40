/** @file The best design under other conditions of the link, as a table that hosts can follow. */
export { axesOf } from "./axes.ts";
export { policyStage, trialStage } from "./stages.ts";
