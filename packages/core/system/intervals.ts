/** @file How sure the times of a simulated camera are. */
import type { DesignMetrics } from "../design/index.ts";

interface Interval {
  lo: number;
  hi: number;
}

/** 95 % intervals: of the p95 in seconds, between order statistics; of the share of frames too late Wilson's. */
export interface TimeIntervals {
  p95: Interval;
  misses: Interval;
}

export function timeIntervals({
  latency: { p95 },
  deadlineMisses,
}: {
  latency: Pick<DesignMetrics["latency"], "p95">;
  deadlineMisses: Interval;
}): TimeIntervals {
  const only = ({ lo, hi }: Interval): Interval => ({ lo, hi });
  return { p95: only(p95), misses: only(deadlineMisses) };
}
