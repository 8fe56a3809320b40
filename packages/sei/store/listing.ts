/** @file What lies in a store's folder, for people. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

export interface StoreEntry {
  file: string;
  stage: string;
  bytes: number;
  used: Date;
}

const entryName = /^([a-z-]+)-[0-9a-f]{32}\.bin$/;
const leftName = /^[a-z-]+-[0-9a-f]{32}\.bin\..*\.tmp$/;

/** What lies in the folder, last used first. Files that are not ours are not among it. */
export async function listStore(folder: string): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for (const name of await names(folder)) {
    const stage = entryName.exec(name)?.[1];
    if (stage === undefined) continue;
    // Another run may have removed it meanwhile.
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) entries.push({ file: join(folder, name), stage, bytes: found.size, used: found.mtime });
  }
  return entries.sort((a, b) => b.used.getTime() - a.used.getTime());
}

/** Removes every entry, and what killed runs left half-written. Gives how many entries there were. */
export async function clearStore(folder: string): Promise<number> {
  const entries = await listStore(folder);
  const left = (await names(folder)).filter((name) => leftName.test(name));
  const files = [...entries.map(({ file }) => file), ...left.map((name) => join(folder, name))];
  await Promise.all(files.map((file) => rm(file, { force: true })));
  return entries.length;
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
