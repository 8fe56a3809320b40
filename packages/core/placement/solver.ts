/** @file What a way of placing offers: which problems it takes, and its answer with a bound. */
import type { Assigned, Load, Message } from "./costs.ts";
import type { Prices } from "./prices.ts";
import type { Problem } from "./problem.ts";

export type SolverName = "chain" | "stretches" | "tiers" | "hosts" | "pipeline";

export interface Limits {
  /** Asked now and then; true ends the search with what there is. */
  stop?: () => boolean;
  /**
   * What is looked at, at most, in the solver's own unit: shortest paths (chain), minimum cuts (tiers), states per node
   * (hosts), predecessor-closed sets (pipeline). Default: what takes some seconds.
   */
  work?: number;
  /** Whether to search the runner-up too (default true); it costs about one more search, of a chain one per node. */
  explain?: boolean;
}

export type Effort = Readonly<Record<string, number | boolean>>;

/** A solver's answer. */
export interface Found extends Assigned {
  assignment: number[];
  messages: Message[];
  value: number;
  /** No placement has a lower value. */
  bound: number;
  /** What hosts do, in the order of a frame, where the objective is about loads. */
  loads?: Load[];
  /** How much was looked at, by name. */
  effort: Effort;
}

/** Another placement, and whether it is proved that nothing lies between it and the best. */
export interface Other {
  found: Found;
  exact: boolean;
}

export interface Solver {
  readonly name: SolverName;
  /** What it cannot do of a problem, as the end of "because ..."; undefined where it takes the problem. */
  refuses(problem: Problem): string | undefined;
  /** @throws InputError `ERR_PLACEMENT_*` when the problem is malformed, or nothing fits */
  solve(problem: Problem, prices: Prices, limits: Limits): Found;
  /**
   * The best other placement: of a sum, one in which a node that costs something runs elsewhere; of loads, one without the
   * part that binds. Where a solver has no way of its own nodes are barred from their hosts one by one.
   */
  other?(problem: Problem, prices: Prices, best: Found, limits: Limits): Other | "none" | "unknown";
}
