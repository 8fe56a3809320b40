/** @file The synthetic result as that of a study of another task: its metrics, its words, its options. */
import type { Result } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import { metricRules, moreIsBetter, type TaskOptions } from "@split-et-impera/core/study";
import { tasks, type MetricWords } from "@split-et-impera/core/task";
import { syntheticResult } from "./fixture.ts";

/** Every metric of the task, and its first one wherever the classifier's stands. */
export function resultOfTask(task: TaskOptions & { kind: keyof typeof tasks }): Result {
  const { metrics } = tasks[task.kind] as { metrics: readonly MetricWords[] };
  const [{ name: first }] = metrics as [MetricWords];
  const operator = moreIsBetter(first) ? ">=" : "<=";
  const asked = `${first} ${operator} ${metricRules[first]!.format(0.83)}`;
  const renamed = (value: unknown): unknown => {
    if (value === "accuracy") return first;
    if (typeof value === "string") return value.replace(/^accuracy >= .*/, asked);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(renamed);
    const { accuracy } = value as { accuracy?: Estimate | number };
    if (typeof accuracy === "object")
      return Object.fromEntries(metrics.map(({ name }, i) => [name, scaled(accuracy, i + 1)]));
    // While bottlenecks learn: the share of right answers, or how far the outputs are the whole model's.
    const told = (key: string): string => (key === "accuracy" && first !== "accuracy" ? "agreement" : key);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [told(key), renamed(one)]));
  };
  const result = renamed(syntheticResult()) as Result;
  const { study, designs } = result;
  for (const one of [
    ...study.requirements,
    ...designs.flatMap(({ checks }) => checks.map((check) => check.requirement)),
  ])
    if (one.metric === first) one.operator = operator;
  study.task = task;
  return result;
}

const scaled = ({ value, lo, hi, n }: Estimate, by: number): Estimate => ({
  value: value / by,
  lo: lo / by,
  hi: hi / by,
  n,
});
