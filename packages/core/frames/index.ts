/** @file The application's frames through hosts and links, under queueing; knows no design. */
export { framesInParts, simulateFrames } from "./frames.ts";
export type { BatchOptions } from "./batch.ts";
export type { HostOptions } from "./host.ts";
export { hostOrders, type HostOrder } from "./line.ts";
export { frameJourney, type FrameJourney, type JourneyPacket } from "./journey.ts";
export { loadsOf, overloadOf, type Load, type Overload, type Resource } from "./load.ts";
export { LARGEST_BATCH, MOST_CORES, type FrameFlow, type FrameLink, type FrameScenario } from "./scenario.ts";
export {
  workSteps,
  type ComputeStep,
  type ExitStep,
  type FrameTrace,
  type MissingPackets,
  type RepeatStep,
  type Step,
  type StepTimes,
  type TransferStep,
  type WorkStep,
} from "./step.ts";
