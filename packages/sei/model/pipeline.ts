/** @file Reading what a study takes for its model: one file, or a pipeline of several as one graph. */
import { chainModels } from "@split-et-impera/core/pipeline";
import { modelPaths, type ModelSource } from "@split-et-impera/core/study";
import { createHash } from "node:crypto";
import { readModelFile, type ModelFile } from "./read.ts";
import { openModel } from "./scan.ts";

/**
 * Reads a model or chains those of a pipeline, whose bytes are those of all and whose digest follows from theirs.
 * @throws InputError as `readModelFile` and `chainModels` do
 */
export async function readSource(source: ModelSource): Promise<ModelFile> {
  if (typeof source === "string") return readModelFile(source);
  const files: ModelFile[] = [];
  for (const { path } of source) files.push(await readModelFile(path));
  const hash = createHash("sha256");
  source.forEach(({ name, feeds = {} }, i) => {
    const wires = Object.entries(feeds).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(JSON.stringify([name, wires, files[i]!.sha256]));
  });
  return {
    model: chainModels(source.map((part, i) => ({ ...part, model: files[i]!.model }))),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: hash.digest("hex"),
  };
}

/** The files of a study's model, weights included, which nothing may be written over. */
export async function filesOfSource(source: ModelSource): Promise<string[]> {
  const files: string[] = [];
  for (const path of modelPaths(source)) files.push(...(await (await openModel(path)).files()));
  return files;
}
