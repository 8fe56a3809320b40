/** @file Paths in a study are relative to it. */
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
