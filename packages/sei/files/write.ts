/** @file Writing a file as a whole. */
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { cannotWrite } from "./errors.ts";
import { makeFolder } from "./folders.ts";
import { release, sweep, temporaryFor } from "./temporary.ts";

/**
 * Writes a file under a temporary name beside it, then renames: readers see the old file or the new one. What killed runs
 * left half-written of it is removed.
 * @param content parts are written as they come; none need fit into memory with the others
 * @param mode permissions of a new file, before the umask; 0o600 for what only this user may read
 * @throws InputError `ERR_OUTPUT` where the file cannot be written
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array | AsyncIterable<string>,
  mode = 0o666,
): Promise<void> {
  await makeFolder(dirname(file));
  await sweep(file);
  const temporary = temporaryFor(file);
  try {
    await writeFile(temporary, content, { mode });
    await rename(temporary, file);
  } catch (error) {
    throw cannotWrite(file, error);
  } finally {
    await release(temporary);
  }
}
