/** @file What a segment costs on a host: time and memory. */
export { segmentMemory, type SegmentMemory } from "./memory.ts";
export { carryOver, secondsOn, type HostSpeed, type Profile, type Timing } from "./profile.ts";
export { pictureWork, splitWork, wholeWork, type SplitWork } from "./work.ts";
