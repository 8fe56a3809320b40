/** @file A design's latency as tables say it, and how sure it is. */
import { interval, seconds } from "@split-et-impera/charts";
import type { DesignResult } from "@split-et-impera/core/design";

type Timed = Pick<DesignResult, "overload" | "latency">;
type Quantile = "median" | "p95" | "p99";

export function latencyText({ overload, latency }: Timed, of: Quantile = "p95"): string {
  if (overload) return "piles up";
  return Number.isFinite(latency[of].value) ? seconds(latency[of].value) : "never";
}

/** With its interval spelt out; undefined where it has none. */
export function latencyTitle({ overload, latency }: Timed, of: Quantile = "p95"): string | undefined {
  return overload || !Number.isFinite(latency[of].value) ? undefined : interval(latency[of], seconds);
}
