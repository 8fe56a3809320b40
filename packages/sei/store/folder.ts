/** @file A folder as a store: a file per entry. */
import { readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, reasonOf, releaseTemporary, sweepFolder, temporaryFor } from "../files/index.ts";
import { packEntry, unpackEntry } from "./entry.ts";
import { keyDigest, noStore, type Key, type Store } from "./store.ts";
import { usualFolder } from "./where.ts";

export interface FolderOptions {
  /** Told once when something cannot be kept; the work goes on. */
  warn?(text: string): void;
}

/** A store in this folder, or in the user's usual one. */
export function openStore(folder: string | undefined = usualFolder(), { warn }: FolderOptions = {}): Store {
  if (folder === undefined) {
    warn?.("results are not kept for later runs: this user has no home folder; SEI_CACHE names one");
    return noStore;
  }
  const fileOf = (key: Key, digest: string): string => join(folder, `${key.stage}-${digest}.bin`);
  let writable = true;
  let ready: Promise<void> | undefined;
  return {
    async get(key) {
      const digest = keyDigest(key);
      const file = fileOf(key, digest);
      const entry = await readFile(file).catch(() => undefined);
      const value = entry && unpackEntry(digest, entry);
      // Last used; where that cannot be noted, nothing is lost.
      if (value) await utimes(file, new Date(), new Date()).catch(() => undefined);
      return value;
    },
    async put(key, value) {
      if (!writable) return;
      const digest = keyDigest(key);
      const file = fileOf(key, digest);
      const temporary = temporaryFor(file);
      try {
        await (ready ??= makeFolder(folder).then(() => sweepFolder(folder)));
        await writeFile(temporary, packEntry(digest, value));
        await rename(temporary, file);
      } catch (error) {
        writable = false;
        warn?.(`results are not kept for later runs: ${folder} cannot be written: ${reasonOf(cause(error))}`);
      } finally {
        await releaseTemporary(temporary);
      }
    },
    async remove(key) {
      await rm(fileOf(key, keyDigest(key)), { force: true }).catch(() => undefined);
    },
  };
}

const cause = (error: unknown): unknown => (error instanceof Error && error.cause) || error;
