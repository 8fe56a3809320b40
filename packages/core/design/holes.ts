/** @file Frames whose message came with holes: how many, how large, and which of them say nothing at all then. */
import { internal } from "../errors/index.ts";
import { workSteps, type Step } from "../frames/index.ts";
import { codecs, packetPlan, type PacketPlan } from "../wire/index.ts";
import type { Design } from "./design.ts";
import type { FrameOutcome } from "./simulate.ts";

/** Of frames over datagrams. */
export interface Holes {
  /** Share of all frames whose message came with holes, after mending, or never. */
  share: number;
  /** Of those the mean share of their bytes that never came. */
  missing: number;
}

/** How the message of each frame goes as datagrams, and how long it is. */
export function packetsOf(steps: readonly Step[]): {
  planOf(frame: number): PacketPlan;
  bytesOf(frame: number): number;
} {
  const step = workSteps(steps).find((one) => one.kind === "transfer" && one.part === "wire");
  if (step?.kind !== "transfer" || step.transport.kind !== "udp") throw internal("holes without datagrams");
  const { bytes } = step;
  const { payload, protection = { kind: "none" } } = step.transport;
  const bytesOf = (frame: number): number => (typeof bytes === "number" ? bytes : bytes[frame]!);
  return { bytesOf, planOf: (frame) => packetPlan(protection, bytesOf(frame), payload) };
}

/** Whether a message with holes says something: tensors and raw pixels do, picture files do not. */
export const readableWithHoles = ({ crossings: [crossing] }: Pick<Design, "crossings">): boolean =>
  crossing === undefined || crossing.codec.kind === "raw" || Object.hasOwn(codecs, crossing.codec.kind);

/** Over datagrams, what the simulation says of holes; undefined where the message crosses otherwise, or none does. */
export function holesOf(
  design: Pick<Design, "crossings">,
  steps: readonly Step[],
  frames: readonly FrameOutcome[],
): Holes | undefined {
  if (design.crossings[0]?.transport.kind !== "udp") return undefined;
  const { planOf, bytesOf } = packetsOf(steps);
  let touched = 0;
  let missing = 0;
  for (const [i, frame] of frames.entries()) {
    if (frame.missing.length === 0 && frame.latency < Infinity) continue;
    const lost = frame.missing.length === 0 ? 1 : missingShare(planOf(i), bytesOf(i), frame.missing);
    if (lost === 0) continue;
    touched++;
    missing += lost;
  }
  return { share: touched / Math.max(1, frames.length), missing: touched > 0 ? missing / touched : 0 };
}

function missingShare(plan: PacketPlan, bytes: number, packets: Uint32Array): number {
  return plan.repair(packets).reduce((sum, [from, to]) => sum + to - from, 0) / Math.max(1, bytes);
}

/** Frames of which a hole leaves nothing: their answer never comes. */
export function withoutUnreadable(
  design: Pick<Design, "crossings">,
  steps: readonly Step[],
  frames: readonly FrameOutcome[],
): FrameOutcome[] {
  if (design.crossings[0]?.transport.kind !== "udp" || readableWithHoles(design)) return [...frames];
  const { planOf } = packetsOf(steps);
  return frames.map((frame, i) =>
    frame.missing.length > 0 && frame.latency < Infinity && planOf(i).repair(frame.missing).length > 0
      ? { ...frame, latency: Infinity }
      : frame,
  );
}
