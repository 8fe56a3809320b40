/** @file What saliency follows back. */
import type { Inspection } from "../onnx/index.ts";
import { classification, type AnyTask, type ClassBinding } from "../task/index.ts";

/** A task's target, for the answers that it reads in the model's outputs. */
export interface Aim {
  /** `label`: the class that the image has; `predicted`: the one that the model says. */
  by: "label" | "predicted";
  task: Pick<AnyTask, "target" | "learn">;
  binding: ClassBinding;
}

/**
 * The logit of a class, where the model is a classifier.
 *
 * @param classes names by label
 * @param output which output holds the scores; default the first with one per class
 * @throws InputError ERR_TASK_OUTPUT where none does, with the outputs there are
 */
export function classAim(model: Inspection, classes: readonly string[], by: Aim["by"], output?: string): Aim {
  const task = classification({ kind: "classification", classes, ...(output !== undefined && { output }) });
  return { by, task, binding: task.bind(model) };
}
