/** @file Folders: made step by step, tried before long work, and replaced only where they are ours. */
import { InputError } from "@split-et-impera/core/errors";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cannotWrite } from "./errors.ts";
import { isTemporary, release, sweep, temporaryFor } from "./temporary.ts";

/**
 * Makes a folder and those above it. (Node's own recursive `mkdir` never ends where the kernel refuses with ENOENT, as below /proc.)
 * @throws InputError `ERR_OUTPUT`
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  try {
    for (let path = resolve(folder); !(await isFolder(path)); path = dirname(path)) missing.unshift(path);
    for (const path of missing) {
      await mkdir(path).catch((error: NodeJS.ErrnoException) => {
        // Another run may have made it meanwhile.
        if (error.code !== "EEXIST") throw error;
      });
    }
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** False where nothing is there. Throws where something else is there than a folder. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(path) !== path) return false;
    if (code !== "ENOTDIR") throw error;
    return isFolder(dirname(path));
  }
  throw new Error(`${path} is not a folder`);
}

/** Sees that files could be written into a folder, there or still to be made, by writing one. Call it before long work. */
export async function checkWritable(folder: string): Promise<void> {
  try {
    let there = resolve(folder);
    while (!(await isFolder(there))) there = dirname(there);
    const trial = temporaryFor(join(there, ".sei"));
    try {
      await writeFile(trial, "", { flag: "wx" });
    } finally {
      await release(trial);
    }
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/**
 * Sees that a folder may be replaced: it is absent, or holds nothing but what `ours` names, given the names that are there.
 * @throws InputError `ERR_OUTPUT` naming what is not ours
 */
export async function checkReplaceable(folder: string, ours: OwnFiles): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw cannotWrite(folder, error);
  });
  if (names === undefined) return;
  const own = new Set(names.length > 0 ? await ours(folder) : []);
  const other = names.find((name) => !own.has(name) && !isTemporary(name));
  if (other === undefined) return;
  throw new InputError(
    "ERR_OUTPUT",
    `${folder}: holds "${other}", which no run of this kind wrote; move it away, or choose another folder`,
  );
}

/** The names of the files in a folder that an earlier run of the same kind wrote; none where it is no folder of ours. */
export type OwnFiles = (folder: string) => Promise<Iterable<string>>;

/**
 * Writes a folder as a whole: `fill` gets a temporary one, which then takes the place of the old one, if that is ours.
 * @throws InputError `ERR_OUTPUT`
 */
export async function replaceFolder(
  folder: string,
  ours: OwnFiles,
  fill: (fresh: string) => Promise<void>,
): Promise<void> {
  await checkReplaceable(folder, ours);
  await sweep(folder);
  const fresh = temporaryFor(folder);
  const old = temporaryFor(folder);
  try {
    await makeFolder(fresh);
    await fill(fresh);
    await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(fresh, folder);
  } catch (error) {
    throw cannotWrite(folder, error);
  } finally {
    await release(fresh);
    await release(old);
  }
}

/** Removes a folder, if it is ours; nothing happens where none is there. */
export async function removeFolder(folder: string, ours: OwnFiles): Promise<void> {
  await checkReplaceable(folder, ours);
  await sweep(folder);
  await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
}
