/** @file Where a run that the page starts leaves its files. */
import { InputError } from "@split-et-impera/core/errors";
import { basename, dirname, extname, join } from "node:path";
import type { Documents } from "./documents.ts";

/**
 * A folder of its own beside the study: `out/NAME`.
 * @throws InputError `ERR_STUDIO` where that lies outside the folders that were given
 */
export async function outOf(documents: Documents, study: string, name: string): Promise<string> {
  const own = basename(study, extname(study));
  const out = join(dirname(study), "out", own === "study" ? name : own);
  if (!(await documents.allows(dirname(study))))
    throw new InputError("ERR_STUDIO", `${out}: expected a folder below those that the studio was given`);
  return out;
}
