/** @file Before the first frame: waiting for the hosts that it needs. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Progress } from "../stages/context.ts";

/** Hosts that are there connect within; nothing is said of them. */
const silentMilliseconds = 500;
const lookMilliseconds = 20;

export interface WaitingOptions {
  /** Throws where there is nothing to wait for any more. */
  ready(): boolean;
  /** Where the hosts are, for people. */
  hosts: readonly string[];
  progress: Progress;
  signal: AbortSignal;
}

/** Waits until all hosts are connected, shown as a task where that takes a while. Throws where `signal` aborts. */
export async function untilReady({ ready, hosts, progress, signal }: WaitingOptions): Promise<void> {
  const begin = performance.now();
  const waits = async (): Promise<boolean> => {
    signal.throwIfAborted();
    if (ready()) return false;
    await sleep(lookMilliseconds);
    return true;
  };
  while (performance.now() - begin < silentMilliseconds) if (!(await waits())) return;
  await progress.task(`waiting for ${hosts.join(", ")}`, async (update) => {
    while (await waits()) update("not connected yet");
  });
}
