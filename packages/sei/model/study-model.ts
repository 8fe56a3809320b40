/** @file The model of a study, with what the study says of its inputs. */
import { inputOptionsOf, withConstants, type InputOptions } from "@split-et-impera/core/onnx";
import type { ModelSource, Study } from "@split-et-impera/core/study";
import { createHash } from "node:crypto";
import { readSource } from "./pipeline.ts";
import type { ModelFile } from "./read.ts";

export interface StudyModel extends ModelFile {
  /** How it is to be surveyed; its constants are in it already. */
  inputs: InputOptions;
}

/** Reads a study's model and puts in what it gives as constants: then it is another model, of another digest. */
export async function readStudyModel({
  model,
  modelOptions,
}: Pick<Study, "model" | "modelOptions">): Promise<StudyModel> {
  const { constants, ...inputs } = inputOptionsOf(modelOptions);
  return { ...(await readModelWith(model, { constants })), inputs };
}

/** The same of any model: with constants in place of inputs. */
export async function readModelWith(
  source: ModelSource,
  { constants }: Pick<InputOptions, "constants">,
): Promise<ModelFile> {
  const found = await readSource(source);
  if (!constants || constants.size === 0) return found;
  const sha256 = createHash("sha256")
    .update(found.sha256)
    .update(JSON.stringify([...constants].sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest("hex");
  return { ...found, model: withConstants(found.model, { constants }), sha256 };
}
