/** @file The task `agreement`: samples whose truth is what the unchanged model says of them. */
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import { agreement, factsOf } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import type { Dataset } from "../../data/index.ts";
import { batchSize } from "./classify.ts";

/**
 * The class that the model says of every sample, and how many it knows.
 *
 * @param output which output holds the scores; default the first with a row of two or more
 * Throws `InputError` where its output is no row of scores.
 */
export async function modelLabels(
  inspection: Inspection,
  data: Dataset,
  signal: AbortSignal,
  output?: string,
  onProgress?: (done: number) => void,
): Promise<{ labels: Uint32Array; classes: number }> {
  const { model, input, batch } = inspection;
  const task = agreement({ kind: "agreement", by: "class", ...(output !== undefined && { output }) });
  const binding = task.bind(factsOf(inspection));
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
