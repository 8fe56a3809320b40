/** @file What every stage is handed, and what a stage is: plain data in, plain data out, by the context alone. */
import type { Engine } from "@split-et-impera/core/engine";
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
  /** Where stages run: here, or spread over others. */
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

/** Runs a stage for many inputs. */
export interface Jobs {
  /** The results in the order of the inputs. */
  map<I, O>(stage: Stage<I, O>, inputs: readonly I[], context: Context): AsyncIterable<Kept<O>>;
}

/** A stage's result, and whether it was kept from an earlier run. */
export interface Kept<O> {
  value: O;
  cached: boolean;
}
