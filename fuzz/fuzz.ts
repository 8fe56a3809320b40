/** @file Hands changed inputs to every reader and to whole commands, and gathers what went wrong. */
import { availableParallelism } from "node:os";
import { Worker } from "./pool.ts";
import type { Fault } from "./protocol.ts";
import { targets } from "./targets/index.ts";

export interface FuzzOptions {
  /** Of every change; printed, so that a fault can be had again. */
  seed: number;
  /** Inputs by target. */
  counts: ReadonlyMap<string, number>;
  workers?: number;
  onProgress?: (done: number, total: number, faults: number) => void;
}

export interface Fuzzed {
  faults: (Fault & { target: string })[];
  /** Inputs by target that were taken without complaint: of a good mutator some, and not all. */
  accepted: Map<string, number>;
}

const batch = 100;

/** Inputs shared out over the targets by their shares. */
export function sharedOut(inputs: number, only?: string): Map<string, number> {
  const chosen = targets.filter(({ name }) => only === undefined || name.includes(only));
  const all = chosen.reduce((sum, { share }) => sum + share, 0);
  return new Map(chosen.map(({ name, share }) => [name, Math.max(1, Math.round((inputs * share) / all))]));
}

/** Runs all inputs; the same seed and counts give the same inputs. */
export async function fuzz({ seed, counts, workers, onProgress }: FuzzOptions): Promise<Fuzzed> {
  const orders = [...counts].flatMap(([target, count]) =>
    Array.from({ length: Math.ceil(count / batch) }, (_, i) => {
      return { target, seed, from: i * batch, to: Math.min(count, (i + 1) * batch) };
    }),
  );
  const total = orders.reduce((sum, { from, to }) => sum + to - from, 0);
  const found: Fuzzed = { faults: [], accepted: new Map() };
  let done = 0;
  const run = async (): Promise<void> => {
    await using worker = new Worker();
    for (let order = orders.shift(); order; order = orders.shift()) {
      const { target } = order;
      const { faults, accepted } = await worker.run(order);
      for (const fault of faults) found.faults.push({ target, ...fault });
      found.accepted.set(target, (found.accepted.get(target) ?? 0) + accepted);
      done += order.to - order.from;
      onProgress?.(done, total, found.faults.length);
    }
  };
  await Promise.all(Array.from({ length: workers ?? availableParallelism() }, run));
  return found;
}
