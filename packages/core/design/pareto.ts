/** @file The designs that no other one beats. */
import { droppedMetric, moreIsBetter, subject, type Metric, type Objective, type Requirement } from "../study/index.ts";
import { read, type DesignMetrics } from "./check.ts";

type Axis = Pick<Requirement, "metric" | "statistic" | "host">;

/**
 * What the front is over: the quality, p95 latency and bytes, and whatever else the study bounds or aims at.
 * @param quality the task's first metric
 * @param host of the objective `memory`
 */
export function frontOf(
  requirements: readonly Requirement[],
  objective: Objective,
  quality: Metric,
  host?: string,
): Axis[] {
  const usual: Axis[] = [{ metric: quality }, { metric: "latency", statistic: "p95" }, { metric: "bytes" }];
  const aimed = objective.map((aim): Axis => ({
    metric: aim,
    ...(aim === "latency" && { statistic: "p95" as const }),
    ...(aim === "memory" && { host }),
  }));
  // A drop against the same model orders designs as their qualities do.
  const asked = requirements.map((one) => ({ ...one, metric: droppedMetric(one.metric) ?? one.metric }));
  return [...new Map([...usual, ...aimed, ...asked].map((axis) => [axisName(axis), axis])).values()];
}

export function axisName({ metric, statistic, host }: Axis): string {
  return subject({ metric, statistic, host } as Requirement);
}

/**
 * Ids of the designs for which no other is at least as good on every axis and better on one. Compared by value: what the
 * samples cannot tell apart may still be ordered here.
 */
export function paretoSet(designs: readonly (DesignMetrics & { id: string })[], axes: readonly Axis[]): Set<string> {
  // All turned so that less is better.
  const points = designs.map((design) => ({
    id: design.id,
    costs: axes.map((axis) => (moreIsBetter(axis.metric) ? -1 : 1) * read(design, axis).value),
  }));
  const beaten = (a: number[], by: number[]): boolean =>
    by.every((cost, i) => cost <= a[i]!) && by.some((cost, i) => cost < a[i]!);
  return new Set(points.filter(({ costs }) => !points.some((other) => beaten(costs, other.costs))).map(({ id }) => id));
}
