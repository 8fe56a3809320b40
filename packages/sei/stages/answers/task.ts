/** @file The task of a study: how its answers are judged, and what the study asks in its words. */
import type { Inspection } from "@split-et-impera/core/onnx";
import { InputError } from "@split-et-impera/core/errors";
import { anyQuality, type Metric, type Study, type TaskOptions } from "@split-et-impera/core/study";
import {
  factsOf,
  taskMetrics,
  openTask,
  type AnyTask,
  type TaskSpec,
  judges,
  type Evidence,
} from "@split-et-impera/core/task";
import type { Dataset } from "../../data/index.ts";
import { nearest } from "../../nearest.ts";
import { chooseTask } from "./choose-task.ts";
import type { Exam } from "./exam.ts";

/** The task that a study asks for, by the study and the data alone: see `chooseTask`. */
export const taskOf = (options: TaskOptions | undefined, data: Pick<Dataset, "classes" | "annotation">): AnyTask =>
  chooseTask(options, data).task;

/** An exam by what the data say of their samples. */
export function examOf(task: AnyTask, inspection: Inspection, data: Pick<Dataset, "annotation">): Exam {
  return { task, binding: task.bind(factsOf(inspection)), truth: (sample) => task.truth(data.annotation(sample)) };
}

/**
 * A study in the words of its task: `quality` is its first metric.
 *
 * @throws InputError ERR_STUDY where a requirement or the objective speaks of a metric that the task does not have
 */
export function inWordsOf({ metrics, spec }: AnyTask, study: Study): Study {
  const names = metrics.map(({ name }) => name);
  const own = new Set(names.flatMap((name) => [name, `${name}-drop`]));
  const named = (metric: Metric, where: string): Metric => {
    const found = metric.replace(new RegExp(`^${anyQuality}(?=-drop$|$)`), names[0]!);
    if (!isOfTasks(found) || own.has(found)) return found;
    const detailed = openTask({ ...spec, details: true } as TaskSpec).metrics;
    const more = detailed.some(({ name }) => name === found.replace(/-drop$/, ""));
    const hint = more ? "; the task's `details: true` adds it" : nearest(metric, [...own]);
    throw new InputError(
      "ERR_STUDY",
      `${where}: expected a metric of the task ${spec.kind} (${names.join(", ")}), got "${metric}"${hint}`,
    );
  };
  return {
    ...study,
    requirements: study.requirements.map((one) => ({
      ...one,
      metric: named(one.metric, `requirements: "${one.text}"`),
    })),
    objective: study.objective.map((one) => named(one, "objective")),
  };
}

/**
 * Looks whether the data have anything that the metrics judge which a study asks for.
 *
 * @param study in the words of the task
 * @param evidence of the whole model's answers
 * @throws InputError ERR_TASK_TRUTH naming the metric, and those that judge something
 */
export function checkJudged({ metrics }: AnyTask, study: Study, evidence: readonly Evidence[]): void {
  const asked = new Set([...study.requirements.map(({ metric }) => metric), ...study.objective]);
  const able = metrics.filter((metric) => judges(metric, evidence));
  for (const { name } of metrics)
    if ((asked.has(name) || asked.has(`${name}-drop`)) && !able.some((one) => one.name === name))
      throw new InputError(
        "ERR_TASK_TRUTH",
        `${name}, which the study asks for, has nothing to judge in these data; ${able.map((one) => one.name).join(", ") || "no metric"} has`,
      );
}

const isOfTasks = (metric: Metric): boolean => taskMetrics.has(metric.replace(/-drop$/, ""));
