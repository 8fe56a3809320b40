/** @file Which design is best under which conditions of the link, and when to take up another one. */
export { cellAt, conditionOf, underCondition, withTrace, type Axes, type Cell, type Condition } from "./condition.ts";
export { Follower } from "./follow.ts";
export { policyCell, type Policy, type PolicyCell, type PolicyDesign } from "./policy.ts";
export { startingAt, windowRates } from "./rate-windows.ts";
export { ableDesigns, policyInParts, type TableInput, type TableProgress, type TableWork } from "./table.ts";
export { neededOf, trialInParts, type Outcome, type Stretch, type Trial, type TrialInput } from "./trial.ts";
export { answerWorth, worthOf } from "./worth.ts";
