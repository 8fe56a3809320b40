/** @file Before the first frame: waiting for the hosts that it needs. */
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@split-et-impera/core/errors";
import type { LineEvent } from "@split-et-impera/runtime/host";
import { whyText } from "./events.ts";
import type { Progress } from "../stages/context.ts";

/** Hosts that are there connect within; nothing is said of them. */
const silentMilliseconds = 500;
const lookMilliseconds = 20;

export interface WaitingOptions {
  ready(): boolean;
  /** What no waiting mends, once there is such a thing: that ends it. */
  hopeless(): InputError | undefined;
  /** Where the hosts are, for people. */
  hosts: readonly string[];
  progress: Progress;
  signal: AbortSignal;
}

/**
 * What an event says of a host that somebody has to do something about: it has other keys, or another deployment. A handshake that
 * ended early (`ERR_TRUST_PEER`) may be of a host that was just stopped.
 */
export function hopeless(event: LineEvent): InputError | undefined {
  if (event.event !== "unreachable") return undefined;
  const { code } = event;
  const lasts = code === "ERR_DEPLOYMENT_OTHER" || (code.startsWith("ERR_TRUST") && code !== "ERR_TRUST_PEER");
  return lasts ? new InputError(code, whyText(event)) : undefined;
}

/**
 * Waits until all hosts are connected, shown as a task where that takes a while. Throws where `signal` aborts.
 * @throws InputError what `hopeless` gives
 */
export async function untilReady({ ready, hopeless: problem, hosts, progress, signal }: WaitingOptions): Promise<void> {
  const begin = performance.now();
  const waits = async (): Promise<boolean> => {
    signal.throwIfAborted();
    if (ready()) return false;
    const found = problem();
    if (found) throw found;
    await sleep(lookMilliseconds);
    return true;
  };
  while (performance.now() - begin < silentMilliseconds) if (!(await waits())) return;
  await progress.task(`waiting for ${hosts.join(", ")}`, async (update) => {
    while (await waits()) update("not connected yet");
  });
}
