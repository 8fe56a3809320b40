/** @file What a frame passes, as data, and when it passed it. */
import type { TransportSpec } from "../network/index.ts";

/** One thing that every frame of a flow passes; a value per frame is indexed by the frame's number. */
export type Step = ComputeStep | TransferStep | ExitStep | RepeatStep;

/**
 * Work on a host. Steps on the same host that follow each other are one visit: nothing else runs on their core between
 * them. What a host does in batches is a visit of its own.
 */
export interface ComputeStep {
  kind: "compute";
  host: string;
  /** What is computed, such as "head of conv2"; names it in descriptions and random streams. */
  work: string;
  /** Which part of a frame's time it belongs to, such as "head". */
  part: string;
  /** ns. */
  ns: number | Float64Array;
  /**
   * How many times as long n frames take together as one, by n - 1, on hosts that serve in batches; the same for all work
   * of this name there. Absent: each is done alone.
   */
  together?: readonly number[];
}

/** A message from one host to another. */
export interface TransferStep {
  kind: "transfer";
  /** The link that it crosses, or links, one after another. */
  link: string | readonly string[];
  from: string;
  to: string;
  part: string;
  bytes: number | Uint32Array;
  transport: TransportSpec;
  /** ns after capture at which a receiver of datagrams goes on with what has come. Default: never. */
  due?: number;
}

/** Frames that have their answer here pass `steps` (default: nothing more) and are finished; the others go on. */
export interface ExitStep {
  kind: "exit";
  /** Not 0: the frame leaves. */
  taken: Uint8Array;
  steps?: readonly Step[];
}

/** Steps that a frame passes several times. */
export interface RepeatStep {
  kind: "repeat";
  times: number | Uint32Array;
  steps: readonly Step[];
}

/** Steps that take time. */
export type WorkStep = ComputeStep | TransferStep;

/** The compute and transfer steps in the order in which they are written; {@link StepTimes} name them by their place. */
export function workSteps(steps: readonly Step[]): WorkStep[] {
  return steps.flatMap((step): WorkStep[] => {
    if (step.kind === "exit") return workSteps(step.steps ?? []);
    return step.kind === "repeat" ? workSteps(step.steps) : [step];
  });
}

/** When a frame passed its steps, simulated or measured. */
export interface FrameTrace {
  /** ns. */
  captured: number;
  /** ns; -1: the answer never came. */
  finished: number;
  /** The steps that it reached, in order; one that is repeated several times. */
  steps: StepTimes[];
  /** Of transfers that count packets: what did not arrive. */
  missing: MissingPackets[];
  /** The host that passed it over for a newer frame, where hosts do so. */
  dropped?: string;
}

export interface StepTimes {
  /** Place in `workSteps`. */
  step: number;
  /** ns: reached (the wait begins), work began, done (-1: lost there). */
  start: number;
  served: number;
  end: number;
}

export interface MissingPackets {
  /** Place in `workSteps`. */
  step: number;
  /** Packets sent, and the indices of those that are missing. */
  packets: number;
  missing: Uint32Array;
}
