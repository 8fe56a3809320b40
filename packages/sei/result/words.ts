/** @file Words that several parts of a result are written in. */
import { anyQuality, metricRules, type Metric } from "@split-et-impera/core/study";
import { z } from "zod";

export const text = z.string();
export const number = z.number();
export const whole = z.int().min(0);
export const share = z.number().min(0).max(1);

const metricNames = Object.keys(metricRules) as [Metric, ...Metric[]];

/** What a requirement bounds. */
export const metric = z.enum(metricNames).meta({ id: "metric", description: "Of the system, or of a task." });

/** What designs are compared by. */
export const aim = z
  .enum([...metricNames, anyQuality] as [Metric, ...Metric[]])
  .meta({ id: "aim", description: "What designs are compared by." });

export const requirement = z.strictObject({
  text,
  metric: metric,
  statistic: z.enum(["median", "mean", "p95", "p99", "max"]).optional(),
  host: text.optional(),
  operator: z.enum(["<=", ">="]),
  value: number.meta({ description: "In SI units: seconds, shares, bytes, frames per second." }),
});
