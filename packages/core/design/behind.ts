/** @file How long what comes behind a message takes: so long before the deadline its receiver goes on with what it has. */
import type { Step } from "../frames/index.ts";
import { longestJitter, UDP_HEADERS } from "../network/index.ts";
import { quantile } from "../statistics/index.ts";
import { hopsAlong, type Hop, type Study } from "../study/index.ts";

/** Share of frames for which the reserve is enough: with the mean, half of those that wait would come just too late. */
const RESERVED = 0.99;

/**
 * By step, the ns within which all that comes behind it is done for 99 of 100 frames, when nothing else is under way: work as
 * it is drawn for each frame, ways with their longest jitter. Exits, and waits in queues and for a shared medium, count nothing.
 */
export function behindEach(steps: readonly Step[], study: Pick<Study, "links">): number[] {
  let behind: number | Float64Array = 0;
  const found = steps.toReversed().map((step) => {
    const one = typeof behind === "number" ? behind : quantile(behind, RESERVED);
    behind = sum(behind, timesOf(step, study));
    return one;
  });
  return found.reverse();
}

/** ns that a step takes, alone, for all frames or by frame. */
function timesOf(step: Step, study: Pick<Study, "links">): number | Float64Array {
  if (step.kind === "compute") return step.ns;
  if (step.kind !== "transfer") return 0;
  const path = hopsAlong(study, step.from, [step.link].flat());
  const { header = 0 } = step.transport;
  const time = (bytes: number): number => idleAlong(path, bytes + header) + jitterAlong(path);
  return typeof step.bytes === "number" ? time(step.bytes) : Float64Array.from(step.bytes, time);
}

function sum(a: number | Float64Array, b: number | Float64Array): number | Float64Array {
  if (typeof a === "number") return typeof b === "number" ? a + b : b.map((value) => value + a);
  return typeof b === "number" ? sum(b, a) : a.map((value, i) => value + b[i % b.length]!);
}

/** ns that a datagram of so many bytes takes on a way when nothing else is under way. */
export function idleAlong(path: readonly Hop[], bytes: number): number {
  return path.reduce(
    (total, { link: { delay, rate, header } }) => total + 1e9 * (delay + (8 * (bytes + UDP_HEADERS + header)) / rate),
    0,
  );
}

/** ns that a way's jitter holds one up at most, but for one in a thousand on each link. */
export function jitterAlong(path: readonly Hop[]): number {
  return path.reduce((total, { link: { jitter } }) => total + (jitter ? 1e9 * longestJitter(jitter) : 0), 0);
}
