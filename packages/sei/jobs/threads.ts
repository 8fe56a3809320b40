/** @file An engine whose models compute with a number of threads. */
import type { Engine } from "@split-et-impera/core/engine";

/** What says itself with how many it computes stays so. */
export const withThreads = (engine: Engine, threads: number): Engine => ({
  ...engine,
  load: (model, options = {}) => engine.load(model, { threads, ...options }),
});
