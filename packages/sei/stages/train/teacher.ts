/** @file The model that a smaller one learns from. */
import { InputError } from "@split-et-impera/core/errors";
import { inspectModel } from "@split-et-impera/core/onnx";
import { classAim } from "@split-et-impera/core/saliency";
import { float32, type Tensor } from "@split-et-impera/core/tensor";
import type { Scores } from "@split-et-impera/core/training";
import type { Dataset } from "../../data/index.ts";
import { checkFits } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { openForward } from "../forward.ts";

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
  checkFits(data, data.batch([0]).dims, inspection);
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

/** As the loss takes them: a row of scores per image, one logit as two of opposite signs (see `classScores`). */
function classScoresOf(found: Float32Array, columns: number): Tensor {
  if (columns > 1) return float32([found.length / columns, columns], found);
  return float32(
    [found.length, 2],
    Float32Array.from({ length: 2 * found.length }, (_, i) => (i % 2 ? 0.5 : -0.5) * found[i >> 1]!),
  );
}
