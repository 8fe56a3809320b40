/** @file Several flows on shared hosts and links, and what each of them may be designed as. */
import type { Design, DesignMetrics } from "../design/index.ts";
import type { Step } from "../frames/index.ts";
import type { Objective, Requirement, WholeRequirement } from "../study/index.ts";
import type { Expanded } from "./expand.ts";

export interface System {
  place: Expanded;
  /** Not empty. */
  flows: readonly SystemFlow[];
  /** What all flows together must keep. */
  requirements: readonly WholeRequirement[];
  /** What is best among the systems that keep everything. Not empty. */
  objective: Objective;
  /** Seconds in which frames are captured. */
  seconds: number;
}

export interface SystemFlow {
  name: string;
  /** Frames per second of each of its cameras. */
  rate: number;
  /** Seconds after which an answer is late. */
  deadline: number;
  requirements: readonly Requirement[];
  /** Not empty; all cameras of a flow have the same. */
  choices: readonly Choice[];
  /** How much better one choice's answers are than another's, on the same samples, in the unit of {@link Choice.worse}. */
  paired?(a: Choice, b: Choice): { value: number; lo: number; hi: number };
}

/** A design of one flow, measured alone. */
export interface Choice {
  id: string;
  /** With one camera and nobody beside it. */
  alone: DesignMetrics;
  /** By how much its answers are worse than the unchanged model's: a share, or relative to it. */
  worse: number;
  /** What a frame passes, under the names of the flow's own study; values by frame for all frames of a camera at least. */
  steps: readonly Step[];
  /** How it goes from host to host. */
  crossings: Design["crossings"];
}

/** A design of the whole: for each flow, in order, the place of its choice. */
export type Selection = readonly number[];

/** The choices of a selection, by flow. */
export const chosen = ({ flows }: Pick<System, "flows">, selection: Selection): Choice[] =>
  flows.map(({ choices }, i) => choices[selection[i]!]!);

/** Frames that each camera of a flow captures. */
export const framesOf = ({ rate }: Pick<SystemFlow, "rate">, seconds: number): number =>
  Math.max(1, Math.ceil(seconds * rate - 1e-9));

/** `inspect: SC@pool3 uint8 tcp, count: LC` */
export const selectionName = (system: Pick<System, "flows">, selection: Selection): string =>
  chosen(system, selection)
    .map(({ id }, i) => `${system.flows[i]!.name}: ${id}`)
    .join(", ");
