/** @file A host of a deployment at work. */
export { FollowingHost, plansFault, sumOf, type FollowingOptions, type Plan } from "./following.ts";
export { answerBytes, type Answer, type RemoteTimes } from "./answer.ts";
export type { Captured, Pictures } from "./coding.ts";
export { RunningHost } from "./host.ts";
export type { LineEvent } from "./neighbours.ts";
export type { HostCounters, HostOptions, ServedFrame } from "./options.ts";
export type { FrameRecord, Part, Reason } from "./record.ts";
export { hasDatagrams, roleOf, type Role } from "./role.ts";
export { servedModels } from "./served.ts";
