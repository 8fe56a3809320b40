/** @file An engine for a process that shares its processors with others like it. */
import type { Engine } from "@split-et-impera/core/engine";
import { availableParallelism } from "node:os";

/**
 * Threads that wait for work sleep. Their number stays what it is where nobody shares, since sums are cut into as many parts: with
 * another number results differ in their last bits.
 * @param processors of the machine where the same is computed by one process; this one's own unless it is said
 */
export function neighbourly(engine: Engine, processors = availableParallelism()): Engine {
  const threads = processors === availableParallelism() ? {} : { threads: processors };
  return { ...engine, load: (model, options = {}) => engine.load(model, { ...threads, spin: false, ...options }) };
}
