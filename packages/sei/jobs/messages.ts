/** @file What a process that does jobs hears and says. */
import type { Outcome } from "../stages/context.ts";

export interface Order {
  job: string;
  version: number;
  input: unknown;
}

export type Report =
  | { update: string }
  /** A name of something half-written, before it is made and after it is gone. */
  | { hold: string }
  | { release: string }
  | { done: Extract<Outcome, { state: "done" }> }
  /** `refused`: the user's mistake, which whoever asked meets too. */
  | { refused: string }
  | { error: string };
