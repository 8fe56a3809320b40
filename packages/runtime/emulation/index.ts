/** @file Emulated links: two hosts on this machine with a study's link between them, in real time. */
export { keepAwake } from "./awake.ts";
export type { Lateness } from "./lateness.ts";
export {
  linkKinds,
  type EmulatedHost,
  type EmulatedLink,
  type EmulationOptions,
  type LinkCounters,
  type LinkKind,
} from "./link.ts";
export { detectLinks, openEmulatedLink, type Detected } from "./open.ts";
export { runProgram, type Spawn } from "./worker.ts";
