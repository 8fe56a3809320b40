/** @file The model that a smaller one learns from. */
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel, type Inspection } from "@split-et-impera/core/onnx";
import { classAim } from "@split-et-impera/core/saliency";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import type { DataOptions } from "@split-et-impera/core/study";
import { factsOf, type AnyTask } from "@split-et-impera/core/task";
import { learnableTensors, type Scores } from "@split-et-impera/core/training";
import { samplesFor, type Dataset } from "../../data/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { openForward } from "../forward.ts";

/** Only looked at: whether data fit does not depend on how they are normalised. */
const asItIs: Pick<DataOptions, "normalise" | "layout"> = { normalise: { mean: [], std: [] }, layout: "NCHW" };

export interface Teacher {
  sha256: string;
  logits(images: Tensor): Promise<Tensor>;
  release(): Promise<void>;
}

/** Throws `InputError` where the teacher takes other images or tells other classes apart than the student. */
export async function openTeacher(file: string | undefined, student: Scores, data: Dataset): Promise<Teacher> {
  if (file === undefined) throw new InputError("ERR_USAGE", "expected --teacher with the model to learn from");
  const { model, sha256 } = await readModelFile(file);
  const inspection = await inspectModel(model, engine);
  samplesFor(data, inspection, asItIs);
  const { scores: decides, columns } = classAim(inspection, data.classes, "label").binding;
  if (columns !== student.columns)
    throw new InputError(
      "ERR_TRAINING",
      `${file}: expected a teacher with ${student.columns} scores per image, got ${columns}`,
    );
  const forward = await openForward(engine, inspection.model, inspection, [decides]);
  return {
    sha256,
    logits: async (images) => {
      const found = await forward.run(images);
      return classScoresOf(found[decides]!.data as Float32Array, columns);
    },
    release: async () => forward[Symbol.asyncDispose](),
  };
}

/** A model whose outputs are learned. */
export interface OutputTeacher extends AsyncDisposable {
  /** Absent of the model that is trained, as it came. */
  sha256?: string;
  /** Of the tensors that decide, in the student's order. */
  outputs(images: Tensor): Promise<Tensor[]>;
}

/**
 * @param file absent: the student itself, as it came
 * @throws InputError where the teacher's outputs are no match for the student's
 */
export async function openOutputs(
  file: string | undefined,
  student: { inspection: Inspection; names: readonly string[] },
  task: AnyTask,
  data: Dataset,
): Promise<OutputTeacher> {
  const read = file === undefined ? undefined : await readModelFile(file);
  const inspection = read ? await inspectModel(read.model, engine) : student.inspection;
  if (read) samplesFor(data, inspection, asItIs);
  const names = read ? learnableTensors(inspection, task.bind(factsOf(inspection)).decides) : student.names;
  const shapes = (of: Inspection, tensors: readonly string[]): string =>
    tensors.map((name) => `[${of.seen.get(name)!.dims.slice(1).join(", ")}]`).join(", ");
  const [own, wanted] = [shapes(inspection, names), shapes(student.inspection, student.names)];
  if (own !== wanted)
    throw new InputError("ERR_TRAINING", `${file}: expected a teacher with outputs ${wanted} per image, got ${own}`);
  const forward = await openForward(engine, inspection.model, inspection, names);
  return {
    ...(read && { sha256: read.sha256 }),
    async outputs(images) {
      const found = await forward.run(images);
      return names.map((name) => found[name]!);
    },
    [Symbol.asyncDispose]: async () => forward[Symbol.asyncDispose](),
  };
}

/** As the loss takes them: a row of scores per image, one logit as two of opposite signs (see `classScores`). */
function classScoresOf(found: Float32Array, columns: number): Tensor {
  if (columns > 1) return float32([found.length / columns, columns], found);
  return float32(
    [found.length, 2],
    Float32Array.from({ length: 2 * found.length }, (_, i) => (i % 2 ? 0.5 : -0.5) * found[i >> 1]!),
  );
}
