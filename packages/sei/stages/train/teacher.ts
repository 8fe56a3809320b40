/** @file The model that a smaller one learns from. */
import { InputError } from "@split-et-impera/core/errors";
import { copyModel, inspectModel, valueInfo, type Inspection } from "@split-et-impera/core/onnx";
import { logitsTensor } from "@split-et-impera/core/saliency";
import type { Tensor } from "@split-et-impera/core/tensor";
import type { Dataset } from "../../data/index.ts";
import { checkFits } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { openForward } from "./forward.ts";

export interface Teacher {
  sha256: string;
  logits(images: Tensor): Promise<Tensor>;
  release(): Promise<void>;
}

/** Throws `InputError` where the teacher takes other images or tells other classes apart than the student. */
export async function openTeacher(file: string | undefined, student: Inspection, data: Dataset): Promise<Teacher> {
  if (file === undefined) throw new InputError("ERR_USAGE", "expected --teacher with the model to learn from");
  const { model, sha256 } = await readModelFile(file);
  const inspection = await inspectModel(model, engine);
  checkFits(data, data.batch([0]).dims, inspection);
  const logits = logitsTensor(inspection);
  const classes = inspection.seen.get(logits)!.dims[1];
  const own = student.output.shape[0];
  if (classes !== own)
    throw new InputError("ERR_TRAINING", `${file}: expected a teacher with ${own} classes, got ${classes}`);
  const probe = copyModel(model);
  probe.graph!.output = [valueInfo(logits, "float32")];
  const { run, release } = await openForward(probe, inspection, logits);
  return {
    sha256,
    logits: async (images) => {
      const found = await run(images);
      return { ...found, dims: found.dims.slice(0, 2) };
    },
    release,
  };
}
