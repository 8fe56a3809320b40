/** @file The application's frames through hosts and links, under queueing; knows no design. */
export {
  simulateFrames,
  type FlowRun,
  type FrameFlow,
  type FrameRun,
  type FrameScenario,
  type Stage,
  type Transport,
} from "./frames.ts";
