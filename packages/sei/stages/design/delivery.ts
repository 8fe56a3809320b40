/** @file The frames of a design simulated, and what their answers are as they arrive: whole, of what came, an exit's, or none. */
import {
  packetsOf,
  simulateSteps,
  type Design,
  type FrameOutcome,
  type Simulation,
  type TransportName,
} from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { atLoss, deadlineOf, type Study } from "@split-et-impera/core/study";
import type { Evidence, Judged } from "@split-et-impera/core/task";
import { unanswered } from "../answers/index.ts";
import type { Context } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { withFallback } from "./fallback.ts";
import { lossyStage, type Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";

/** A design's frames as they are sent. */
export interface Sent {
  subject: Subject;
  /** The study, with the links and the frames that count here. */
  study: Study;
  /** Of packets, as by `atLoss`. */
  loss: number;
  prepared: Prepared;
  design: Design;
  steps: Step[];
}

/** Frames that are answered otherwise than without loss: the answer judged, null where there is none. */
export type Damage = ReadonlyMap<number, Evidence | null>;

/** Frames as their answers arrive. */
export interface Delivery extends Simulation {
  /** Absent where the transport loses nothing, and no exit's answer stood for another. */
  damage?: Damage;
  /** Frames for which the answer was not there by the deadline, so that the exit's stood. */
  fallbacks: number;
}

export async function deliver(
  { subject, study, loss, prepared, design, steps }: Sent,
  context: Context,
): Promise<Delivery> {
  const simulation = simulateSteps(atLoss(study, loss), steps);
  const lossy = transportOf(design) === "udp";
  const damage = lossy ? await damageOf({ subject, prepared, design, steps }, simulation.frames, context) : undefined;
  const frames = simulation.frames.map((frame, i) =>
    damage?.get(i) === null ? { ...frame, latency: Infinity } : frame,
  );
  const { exit } = prepared;
  const fallen = exit && withFallback(frames, exit, deadlineOf(study), subject.test.count);
  if (!fallen || fallen.answers.size === 0) return { ...simulation, frames, ...(damage && { damage }), fallbacks: 0 };
  const { answers } = fallen;
  return {
    ...simulation,
    frames: fallen.frames,
    damage: new Map([...(damage ?? []), ...answers]),
    fallbacks: answers.size,
  };
}

/** The answers to frames as they were delivered, judged: frame i shows test image i modulo their number. */
export function deliveredOf(
  { subject: { test, exam }, study, prepared: { clean } }: Pick<Sent, "subject" | "study" | "prepared">,
  damage: Damage | undefined,
): Judged<Evidence> {
  if (!damage) return { evidence: clean };
  const samples = Array.from({ length: study.frames.count }, (_, frame) => frame % test.count);
  const evidence = samples.map((image, frame) =>
    damage.has(frame) ? (damage.get(frame) ?? unanswered(exam, image)) : clean[image]!,
  );
  return { evidence, samples };
}

/** Frames that never arrived, and those with holes, which ask the real tail: whole ones answer as without loss. */
async function damageOf(
  { subject, prepared, design, steps }: Pick<Sent, "subject" | "prepared" | "design" | "steps">,
  frames: readonly FrameOutcome[],
  context: Context,
): Promise<Damage> {
  const damage = new Map(
    frames.flatMap(({ latency }, i): [number, Evidence | null][] => (latency < Infinity ? [] : [[i, null]])),
  );
  const holed = frames.flatMap(({ latency, missing }, i) => (latency < Infinity && missing.length > 0 ? [i] : []));
  if (holed.length === 0 || !prepared.receive) return damage;
  const plans = packetsOf(steps);
  const arrived = holed.map((i) => ({
    image: i % subject.test.count,
    missing: plans.map((plan, c) => plan.holes(i, frames[i]!.missing[c])),
  }));
  const concealment = design.crossings[0]?.transport.concealment;
  const { value } = await runStage(lossyStage, { subject, prepared, arrived, concealment }, context);
  holed.forEach((i, k) => damage.set(i, value[k]!));
  return damage;
}

const transportOf = ({ crossings: [crossing], answer }: Design): TransportName | undefined =>
  (crossing?.transport ?? answer?.transport)?.kind;
