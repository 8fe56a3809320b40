/** @file Files that are never half-written. */
import { InputError } from "@split-et-impera/core/errors";
import { randomBytes } from "node:crypto";
import { access, constants, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Writes a file under a temporary name beside it, then renames: readers see the old file or the new one.
 * @throws InputError `ERR_OUTPUT` where the file cannot be written
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWrite(file, error);
  }
}

/** Sees that files could be written into a folder, there or still to be made. Call it before long work. */
export async function checkWritable(folder: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      if (!(await stat(path)).isDirectory()) throw new Error(`${path} is not a folder`);
      return await access(path, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "ENOENT" && code !== "ENOTDIR") || path === dirname(path)) throw cannotWrite(folder, error);
    }
  }
}

function cannotWrite(path: string, error: unknown): InputError {
  return new InputError("ERR_OUTPUT", `${path}: cannot be written (${(error as Error).message})`, { cause: error });
}
