/** @file A distribution's figures from the points of its curve: what a manifest keeps of a prediction. */
import type { LatencyCurve } from "@split-et-impera/core/design";
import type { Figures } from "./cell.ts";

/** Those of `figuresOf`: quantiles to the point's digit, Infinity where so many were never answered; shares between points by a line. */
export function curveFigures(
  { seconds, share }: LatencyCurve,
  deadline: number,
): Pick<Figures<number>, "p50" | "p90" | "p95" | "p99" | "misses"> {
  const quantile = (p: number): number => seconds[share.findIndex((one) => one >= p - 1e-9)] ?? Infinity;
  return {
    p50: quantile(0.5),
    p90: quantile(0.9),
    p95: quantile(0.95),
    p99: quantile(0.99),
    misses: 1 - shareBy({ seconds, share }, deadline),
  };
}

function shareBy({ seconds, share }: LatencyCurve, time: number): number {
  const after = seconds.findIndex((one) => one > time);
  if (after === 0 || seconds.length === 0) return 0;
  if (after < 0) return share.at(-1)!;
  const [from, to] = [seconds[after - 1]!, seconds[after]!];
  const [low, high] = [share[after - 1]!, share[after]!];
  return low + ((high - low) * (time - from)) / (to - from);
}
