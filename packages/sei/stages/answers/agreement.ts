/** @file The task `agreement`: samples whose truth is what the unchanged model says of them. */
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { AnyTask, Binding } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import type { Dataset } from "../../data/index.ts";
import { batchSize, inBatches } from "./exam.ts";

/** What the model says of every sample. */
export async function modelAnswers(
  { task, binding }: { task: AnyTask; binding: Binding },
  { model, input, batch }: Inspection,
  data: Dataset,
  signal: AbortSignal,
): Promise<unknown[]> {
  const session = await engine.load(serialiseModel(model));
  try {
    return await inBatches(data.count, batch ? batchSize : 1, signal, async (samples) =>
      task.answers(binding, await session.run({ [input.name]: data.batch(samples) }, binding.outputs)),
    );
  } finally {
    await session.release();
  }
}

/** The same samples with the classes that a model says; classes keep their names where there are as many. */
export function relabelled(data: Dataset, labels: ArrayLike<number>, classes: number): Dataset {
  const own = data.classes.length === classes;
  return {
    ...data,
    classes: own ? data.classes : Array.from({ length: classes }, (_, label) => String(label)),
    annotation: (index) => ({ label: labels[index]! }),
  };
}
