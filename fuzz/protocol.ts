/** @file What the coordinator and its workers say to each other. */

/** Inputs `from` to `to - 1` of a target. `each`: say when each begins, to find the one that kills. */
export interface Order {
  target: string;
  seed: number;
  from: number;
  to: number;
  each: boolean;
}

export interface Fault {
  index: number;
  /** `dead`: the process ended; `endless`: it was ended; `slow` and `large`: over the bounds. */
  what: "uncaught" | "dead" | "endless" | "slow" | "large";
  told: string;
}

export type Report = { kind: "begins"; index: number } | { kind: "done"; faults: Fault[]; accepted: number };

/** How many times as long as it may compute an input may wait. */
export const patience = 15;
