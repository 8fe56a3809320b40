/** @file The task `agreement`: samples whose truth is what the unchanged model says of them. */
import { InputError } from "@split-et-impera/core/errors";
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { agreement, factsOf } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import type { Dataset } from "../../data/index.ts";
import { batchSize } from "./classify.ts";

/**
 * The class that the model says of every sample, and how many it knows.
 * Throws `InputError` where its output is no row of scores.
 */
export async function modelLabels(
  inspection: Inspection,
  data: Dataset,
  signal: AbortSignal,
  onProgress?: (done: number) => void,
): Promise<{ labels: Uint32Array; classes: number }> {
  const { model, input, output, batch } = inspection;
  const task = agreement({ kind: "agreement", output: output.name, by: "class" });
  const binding = task.bind(factsOf(inspection));
  if (binding.columns < 2) {
    throw new InputError(
      "ERR_TASK_OUTPUT",
      `task: agreement: expected two scores or more per image in the output "${output.name}", got ${binding.columns}`,
    );
  }
  const session = await engine.load(serialiseModel(model));
  try {
    const labels = new Uint32Array(data.count);
    const size = batch ? batchSize : 1;
    for (let from = 0; from < data.count; from += size) {
      signal.throwIfAborted();
      const indices = Array.from({ length: Math.min(size, data.count - from) }, (_, i) => from + i);
      const found = await session.run({ [input.name]: data.batch(indices) }, binding.outputs);
      task.answers(binding, found).forEach((answer, i) => (labels[from + i] = "class" in answer ? answer.class : 0));
      onProgress?.(from + indices.length);
    }
    return { labels, classes: binding.columns };
  } finally {
    await session.release();
  }
}

/** The same samples with these labels; classes keep their names where there are as many. */
export function relabelled(data: Dataset, labels: ArrayLike<number>, classes: number): Dataset {
  const own = data.classes.length === classes;
  return {
    ...data,
    classes: own ? data.classes : Array.from({ length: classes }, (_, label) => String(label)),
    label: (index) => labels[index]!,
  };
}
