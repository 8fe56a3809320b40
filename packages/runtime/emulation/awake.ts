/** @file Processors that do not fall asleep while a run is measured. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/**
 * Keeps every processor turning until it is told to end, by threads that give way to all others. A processor that halts between two frames
 * comes back late, and slow at first, above all where a hypervisor has to bring it back; by how much changes from one minute to the next,
 * and says nothing of the hosts that it stands for. Where threads cannot give way, nothing is kept awake.
 */
export function keepAwake(): () => Promise<void> {
  const name = import.meta.url.endsWith(".ts") ? "./awake-thread.ts" : "./awake-thread.js";
  const workers = Array.from({ length: availableParallelism() }, () => {
    const worker = new Worker(new URL(name, import.meta.url));
    worker.on("error", () => undefined).unref();
    return worker;
  });
  return async () => void (await Promise.all(workers.map((worker) => worker.terminate())));
}
