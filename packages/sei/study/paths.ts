/** @file Paths in a study are relative to it. */
import type { ModelPart } from "@split-et-impera/core/study";
import { basename, dirname, extname, isAbsolute, join } from "node:path";

/** A path of the study file, for use from the working directory. */
export function fromStudy(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/** What to call a study without a name: its file, or its folder where the file is called like all of them. */
export function nameOf(file: string): string {
  const stem = basename(file, extname(file));
  const folder = basename(dirname(file));
  return stem === "study" && !["", ".", ".."].includes(folder) ? folder : stem;
}

/** Parts of a pipeline, each called by what is said or by its file, numbered where several would be called alike. */
export function namedParts(
  parts: readonly (Pick<ModelPart, "path"> & { name?: string | undefined; feeds?: ModelPart["feeds"] | undefined })[],
): ModelPart[] {
  const taken = new Set(parts.flatMap(({ name }) => name ?? []));
  const free = (stem: string): string => {
    for (let i = 1; ; i++) {
      const name = i === 1 ? stem : `${stem}_${i}`;
      if (!taken.has(name)) return name;
    }
  };
  return parts.map(({ name, path, feeds }) => {
    const own = name ?? free(basename(path, extname(path)));
    taken.add(own);
    return { name: own, path, ...(feeds && { feeds }) };
  });
}
