/** @file What was asked: a study as plain data, its requirements and its deadline. */
export type * from "./study.ts";
export { deadlineOf } from "./deadline.ts";
export { metricRules, parseRequirement, subject, type MetricRule } from "./requirement.ts";
