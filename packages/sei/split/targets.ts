/** @file Where segments may be written: not over what they are made from, and not over what no split wrote. */
import { InputError } from "@split-et-impera/core/errors";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkInputsKept } from "../files/index.ts";
import { filesOfModel } from "../model/index.ts";
import { readManifest } from "./manifest.ts";

/**
 * Sees that a split may write these files into a folder.
 *
 * @throws InputError `ERR_OUTPUT` where one of them is the model, its data, or a file that no earlier split wrote
 */
export async function checkTargets(source: string, folder: string, files: readonly string[]): Promise<void> {
  const own = await ownFiles(folder);
  await checkInputsKept(
    await filesOfModel(source),
    [...files, ...own].map((file) => join(folder, file)),
  );
  for (const file of files) {
    if (own.has(file) || !(await isThere(join(folder, file)))) continue;
    throw new InputError(
      "ERR_OUTPUT",
      `${folder}: holds "${file}", which no \`sei split\` wrote; move it away, or choose another folder`,
    );
  }
}

/** Takes away what an earlier split wrote into the folder and this one does not. */
export async function removeOld(folder: string, files: readonly string[]): Promise<void> {
  for (const file of await ownFiles(folder)) if (!files.includes(file)) await rm(join(folder, file), { force: true });
}

/** What an earlier split wrote into a folder, by its manifest; none where there is no manifest of ours. */
async function ownFiles(folder: string): Promise<Set<string>> {
  const file = join(folder, "manifest.json");
  const manifest = (await isThere(file)) ? await readManifest(file).catch(() => undefined) : undefined;
  const names = manifest?.segments.flatMap((segment) => [segment.file, ...(segment.data ? [segment.data] : [])]) ?? [];
  return new Set(manifest ? [...names, "manifest.json"] : []);
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
