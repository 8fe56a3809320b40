/** @file What every stage is handed, and what a stage is: plain data in, plain data out, by the context alone. */
import type { Engine } from "@split-et-impera/core/engine";
import type { ZodType } from "zod";
import type { Store } from "../store/index.ts";

/** Progress of long work: one live line per task on a terminal, a line per finished task elsewhere. */
export interface Progress {
  /** Runs `work`, showing `title` and what `update` says, then the time it took. */
  task<R>(title: string, work: (update: (status: string) => void) => Promise<R>): Promise<R>;
}

export interface Context {
  engine: Engine;
  /** Where results of earlier runs are. */
  store: Store;
  /** Who else does work: nobody, processes of this machine, or workers anywhere. */
  jobs: Jobs;
  /** Aborted when the work is to stop; what is done stays kept. */
  signal: AbortSignal;
  progress: Progress;
  /** Says how far the running stage has come. */
  update(status: string): void;
}

/** A step of the work that depends on nothing but its input, and leaves nothing but its result. */
export interface Stage<I, O> {
  /** Small letters and hyphens; names the entries in the store. */
  name: string;
  /** Raised whenever the same input no longer gives the same result. */
  version: number;
  /** All that the result depends on, as plain data: digests of models and images rather than themselves. */
  key(input: I): unknown;
  /** Gives plain data (typed arrays and maps too), which the store keeps. */
  run(input: I, context: Context): Promise<O>;
}

/**
 * Work that any process can do, on any machine: what it is given is plain data that JSON can say, what comes of it stays in the
 * store, where whoever asked for it finds it by its content.
 */
export interface Job<I> {
  /** Small letters and hyphens. */
  name: string;
  /** Raised whenever the input means something else, or something else is kept: a worker with another one refuses. */
  version: number;
  /** What its input looks like, for whoever takes it from somewhere else. */
  schema: ZodType;
  /** In words, for people. */
  title(input: I): string;
  /** Says whether all of it was there already. */
  run(input: I, context: Context): Promise<{ cached: boolean }>;
}

/**
 * What became of a job. `here`: it is as well done by whoever asked, who then also meets the error that a user has to hear of.
 * `failed`: it was tried as often as jobs are, and is not to be tried here.
 */
export type Outcome =
  | { state: "done"; cached: boolean; seconds: number }
  | { state: "here" }
  | { state: "failed"; why: string };

/** Who does jobs. */
export interface Jobs {
  /** Whether anybody does, beside this process. */
  readonly apart: boolean;
  /** Has work done ahead, at once where there is room; outcomes in the order of the inputs. */
  ahead<I>(job: Job<I>, inputs: readonly I[], context: Context): Promise<Outcome[]>;
}

/** A stage's result, and whether it was kept from an earlier run. */
export interface Kept<O> {
  value: O;
  cached: boolean;
}
