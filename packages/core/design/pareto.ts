/** @file The designs that no other one beats. */
import type { DesignResult } from "./result.ts";

/**
 * Ids of the designs for which no other is at least as good in accuracy (at the link's loss), p95 latency and bytes per
 * frame, and better in one of them. Compared by value: what the samples cannot tell apart may still be ordered here.
 */
export function paretoSet(
  designs: readonly Pick<DesignResult, "id" | "accuracy" | "latency" | "bytes">[],
): Set<string> {
  // All three turned so that less is better.
  const points = designs.map(({ id, accuracy, latency, bytes }) => ({
    id,
    costs: [-accuracy.delivered.value, latency.p95.value, bytes],
  }));
  const beaten = (a: number[], by: number[]): boolean =>
    by.every((cost, i) => cost <= a[i]!) && by.some((cost, i) => cost < a[i]!);
  return new Set(points.filter(({ costs }) => !points.some((other) => beaten(costs, other.costs))).map(({ id }) => id));
}
