/** @file When an answer is late. */
import type { Study } from "./study.ts";

/**
 * Seconds after capture at which an answer counts as late: the requirement on latency, else the time until the next
 * frame. Where several statistics are bounded the widest bound is the deadline (`median <= 20 ms` says what is usual,
 * `p99 <= 50 ms` what is too late).
 */
export function deadlineOf(study: Pick<Study, "requirements" | "frames">): number {
  const bounds = study.requirements.filter(({ metric }) => metric === "latency").map(({ value }) => value);
  return bounds.length > 0 ? Math.max(...bounds) : 1 / study.frames.rate;
}
