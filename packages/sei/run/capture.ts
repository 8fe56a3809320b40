/** @file Frames from a source into a host, at their rate: capture never waits for what became of the frame before. */
import { monotonicNs } from "@split-et-impera/runtime/messages";
import type { RunningHost } from "@split-et-impera/runtime/host";
import { setTimeout as sleep } from "node:timers/promises";
import type { Source, SourceFrame } from "./sources/index.ts";

/**
 * Captures until the source ends or `signal` aborts. With a rate, frame i is captured i / rate seconds after the first, or as
 * soon after that as the source has it.
 * @param onFrame told of each with its number, before it is captured
 */
export async function captureAll(
  source: Source,
  host: Pick<RunningHost, "capture">,
  signal: AbortSignal,
  onFrame: (frame: number, from: SourceFrame) => void,
): Promise<void> {
  let start: number | undefined;
  let index = 0;
  for await (const frame of source.frames(signal)) {
    if (signal.aborted) break;
    start ??= monotonicNs();
    if (source.rate !== undefined) await until(start + (index * 1e9) / source.rate, signal);
    if (signal.aborted) break;
    onFrame(index, frame);
    host.capture(frame.value, frame.begins);
    index++;
  }
}

/** Timers are whole milliseconds, and late: the last of them is waited for turn by turn. */
async function until(ns: number, signal: AbortSignal): Promise<void> {
  const far = (ns - monotonicNs()) / 1e6 - 1;
  if (far >= 1) await sleep(far, undefined, { signal }).catch(() => undefined);
  while (monotonicNs() < ns && !signal.aborted) await new Promise((resolve) => setImmediate(resolve));
}
