/** @file A frame's stay on a host. */

/** One or more pieces of work, with nothing else between them on their core; work done in batches is a visit of its own. */
export interface Visit {
  /** ns; frames go by the time of their capture. */
  readonly captured: number;
  /** Frames of one flow can stand for each other. */
  readonly flow: unknown;
  /** The work that it comes for, where that can be done for several frames together. */
  readonly together: Together | undefined;
  /** Begins the next piece of work and returns how long it takes alone, ns; undefined when there is none and the core is free. */
  proceed(): number | undefined;
  /** The visit is over, and its core free for others. */
  leave(): void;
  /** The host passes it over for good. */
  drop(): void;
}

export interface Together {
  /** Visits of the same work are done together. */
  work: string;
  /** How many times as long n take as one alone, by n - 1. */
  times: readonly number[];
}
