/** @file Measuring the way between two hosts: rates, round trips, delay and losses, for a study's link. */
export type { ProbeLimits } from "./channel.ts";
export { probe } from "./probe.ts";
export type { Probed, ProbedDirection } from "./result.ts";
export { serveProbe, type ProbeEvent, type ProbeServer } from "./serve.ts";
