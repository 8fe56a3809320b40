/** @file Frames whose message came with holes: how many, how large, and which of them say nothing at all then. */
import { internal } from "../errors/index.ts";
import { workSteps, type Step } from "../frames/index.ts";
import { codecs, packetPlan, type ByteRange } from "../wire/index.ts";
import type { Crossing, Design } from "./design.ts";
import type { FrameOutcome } from "./simulate.ts";

/** Of frames over datagrams. */
export interface Holes {
  /** Share of all frames whose message came with holes, after mending, or never. */
  share: number;
  /** Of those the mean share of their bytes that cannot be used: those that never came, all of a picture file with a hole. */
  missing: number;
}

/** How a crossing's message goes as datagrams, by frame. */
export interface CrossingPackets {
  bytesOf(frame: number): number;
  /** Bytes that never came, after mending, where these datagrams did not (absent: all came). */
  holes(frame: number, missing: Uint32Array | undefined): readonly ByteRange[];
}

/** By crossing. */
export function packetsOf(steps: readonly Step[]): CrossingPackets[] {
  return workSteps(steps).flatMap((step) => {
    if (step.kind !== "transfer" || step.part !== "wire") return [];
    if (step.transport.kind !== "udp") throw internal("holes without datagrams");
    const { bytes } = step;
    const { payload, protection = { kind: "none" } } = step.transport;
    const bytesOf = (frame: number): number => (typeof bytes === "number" ? bytes : bytes[frame]!);
    const holes: CrossingPackets["holes"] = (frame, missing) =>
      missing === undefined || missing.length === 0
        ? []
        : packetPlan(protection, bytesOf(frame), payload).repair(missing);
    return [{ bytesOf, holes }];
  });
}

/** Whether a message with holes says something: tensors and raw pixels do, picture files do not. */
export const readableWithHoles = ({ codec }: Pick<Crossing, "codec">): boolean =>
  codec.kind === "raw" || Object.hasOwn(codecs, codec.kind);

/** Over datagrams, what the simulation says of holes in all messages of a frame; undefined where they cross otherwise, or none does. */
export function holesOf(
  design: Pick<Design, "crossings">,
  steps: readonly Step[],
  frames: readonly FrameOutcome[],
): Holes | undefined {
  if (design.crossings[0]?.transport.kind !== "udp") return undefined;
  const crossings = packetsOf(steps);
  let touched = 0;
  let missing = 0;
  for (const [i, frame] of frames.entries()) {
    if (frame.missing.length === 0 && frame.latency < Infinity) continue;
    const lost = frame.missing.length === 0 ? 1 : missingShare(crossings, i, frame.missing);
    if (lost === 0) continue;
    touched++;
    // Of what has no answer nothing was used.
    missing += frame.latency < Infinity ? lost : 1;
  }
  return { share: touched / Math.max(1, frames.length), missing: touched > 0 ? missing / touched : 0 };
}

function missingShare(
  crossings: readonly CrossingPackets[],
  frame: number,
  packets: readonly (Uint32Array | undefined)[],
): number {
  const [lost, sent] = crossings.reduce<[number, number]>(
    ([lostSoFar, sentSoFar], { bytesOf, holes }, c) => [
      holes(frame, packets[c]).reduce((sum, [from, to]) => sum + to - from, lostSoFar),
      sentSoFar + bytesOf(frame),
    ],
    [0, 0],
  );
  return lost / Math.max(1, sent);
}

/** Frames of which a hole leaves nothing: their answer never comes. */
export function withoutUnreadable(
  design: Pick<Design, "crossings">,
  steps: readonly Step[],
  frames: readonly FrameOutcome[],
): FrameOutcome[] {
  const { crossings } = design;
  if (crossings[0]?.transport.kind !== "udp" || crossings.every(readableWithHoles)) return [...frames];
  const packets = packetsOf(steps);
  const gone = (frame: FrameOutcome, i: number): boolean =>
    frame.latency < Infinity &&
    packets.some(({ holes }, c) => !readableWithHoles(crossings[c]!) && holes(i, frame.missing[c]).length > 0);
  return frames.map((frame, i) => (gone(frame, i) ? { ...frame, latency: Infinity } : frame));
}
