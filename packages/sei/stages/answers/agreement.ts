/** @file The task `agreement`: samples whose truth is what the unchanged model says of them. */
import type { Engine } from "@split-et-impera/core/engine";
import { InputError } from "@split-et-impera/core/errors";
import type { Inspection } from "@split-et-impera/core/onnx";
import { judgedByModel, type AgreementBinding, type AnyTask } from "@split-et-impera/core/task";
import { memoryLimit, type Dataset } from "../../data/dataset.ts";
import type { Samples } from "../../data/index.ts";
import { askWhole, type Exam } from "./exam.ts";
import { examOf } from "./task.ts";

/**
 * What the model says of every sample.
 * @throws InputError `ERR_DATA_LIMIT` where that would fill memory; as `askWhole` does
 */
export async function modelAnswers(
  engine: Engine,
  inspection: Inspection,
  data: Samples,
  { task, binding }: Pick<Exam, "task" | "binding">,
  signal: AbortSignal,
  onProgress?: (done: number) => void,
): Promise<unknown[]> {
  const { by, columns } = binding as AgreementBinding;
  const most = Math.floor(memoryLimit / (8 * columns));
  if (by === "values" && data.count > most)
    throw new InputError(
      "ERR_DATA_LIMIT",
      `data.limit: expected at most ${most} samples, as each has an answer "${binding.outputs[0]}" of ${columns} numbers, got ${data.count} of ${data.name}`,
    );
  const ask: Parameters<typeof askWhole>[4] = async (session, feeds) =>
    task.answers(binding, await session.run(feeds, binding.outputs));
  return askWhole(engine, inspection, data, signal, ask, onProgress);
}

/** An exam whose truths are those of the data, or the unchanged model's answers where the task asks for these. */
export async function examWithTruths(
  engine: Engine,
  task: AnyTask,
  inspection: Inspection,
  data: Samples,
  signal: AbortSignal,
): Promise<Exam> {
  const own = examOf(task, inspection, data);
  if (!judgedByModel(task.spec.kind)) return own;
  const answers = await modelAnswers(engine, inspection, data, own, signal);
  return { ...own, truth: (sample) => answers[sample] };
}

/** The same samples with the classes that a model says; classes keep their names where there are as many. */
export function relabelled<D extends Dataset>(data: D, labels: ArrayLike<number>, classes: number): D {
  const own = data.classes.length === classes;
  return {
    ...data,
    classes: own ? data.classes : Array.from({ length: classes }, (_, label) => String(label)),
    annotation: (index) => ({ label: labels[index]! }),
  };
}
