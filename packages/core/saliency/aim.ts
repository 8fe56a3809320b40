/** @file What saliency follows back. */
import type { Inspection } from "../onnx/index.ts";
import { classification, factsOf, type AnyTask, type Binding, type ClassBinding } from "../task/index.ts";

/** A task's target, for the answers that it reads in the model's outputs. */
export interface Aim<Read extends Binding = Binding> {
  /** `label`: what the data say of the image; `predicted`: what the model says. */
  by: "label" | "predicted";
  task: AnyTask;
  binding: Read;
  /** Of any image, for the truths' type and shape; absent where they are not needed. */
  truth?: unknown;
}

/**
 * What a task follows back; by the model's own answers where no graph can hold its truths.
 *
 * @param truth of any image
 * @throws InputError ERR_TASK_OUTPUT where no output answers, with the outputs there are
 */
export function aimOf(task: AnyTask, model: Inspection, by: Aim["by"], truth: unknown): Aim {
  const binding = task.bind(factsOf(model));
  return by === "label" && task.learn ? { by, task, binding, truth } : { by: "predicted", task, binding };
}

/**
 * The logit of a class, where the model is a classifier.
 *
 * @param classes names by label
 * @param output which output holds the scores; default the first with one per class
 * @throws InputError ERR_TASK_OUTPUT where none does, with the outputs there are
 */
export function classAim(
  model: Inspection,
  classes: readonly string[],
  by: Aim["by"],
  output?: string,
): Aim<ClassBinding> {
  const task = classification({ kind: "classification", classes, ...(output !== undefined && { output }) });
  return { by, task, binding: task.bind(factsOf(model)), truth: 0 };
}
