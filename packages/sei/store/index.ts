/** @file Results kept by content: a killed run goes on where it stopped, a changed study recomputes what changed. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { writeWhole } from "../files/index.ts";
import { version } from "../version.ts";

export interface Cache {
  folder: string;
  /** The kept value for this stage and key, or what `compute` gives, which is then kept. */
  get<T>(stage: string, key: unknown, compute: () => Promise<T>): Promise<{ value: T; cached: boolean }>;
  read<T>(stage: string, key: unknown): Promise<T | undefined>;
  write(stage: string, key: unknown, value: unknown): Promise<void>;
  remove(stage: string, key: unknown): Promise<void>;
}

/** Where results are kept: SEI_CACHE, else the user's cache folder. */
export function cacheFolder(): string {
  const own = process.env["SEI_CACHE"];
  if (own) return own;
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "split-et-impera");
}

export function openCache(folder = cacheFolder()): Cache {
  const file = (stage: string, key: unknown): string => join(folder, `${stage}-${digest([version, stage, key])}.bin`);
  const cache: Cache = {
    folder,
    async get(stage, key, compute) {
      const kept = await cache.read<Awaited<ReturnType<typeof compute>>>(stage, key);
      if (kept !== undefined) return { value: kept, cached: true };
      const value = await compute();
      await cache.write(stage, key, value);
      return { value, cached: false };
    },
    async read(stage, key) {
      const path = file(stage, key);
      try {
        const kept = deserialize(await readFile(path));
        await utimes(path, new Date(), new Date());
        return kept;
      } catch {
        // Absent, or damaged: computed again and overwritten.
        return undefined;
      }
    },
    write: (stage, key, value) => writeWhole(file(stage, key), serialize(value)),
    remove: (stage, key) => rm(file(stage, key), { force: true }),
  };
  return cache;
}

/** SHA-256 over the JSON of a value, with typed arrays hashed by their bytes. */
export function digest(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return [...part];
    return ArrayBuffer.isView(part)
      ? createHash("sha256")
          .update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
          .digest("hex")
      : part;
  });
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

export interface CacheEntry {
  file: string;
  stage: string;
  bytes: number;
  used: Date;
}

/** What lies in the cache, last used first. Files that are not ours are not among it. */
export async function listCache(folder = cacheFolder()): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const name of await names(folder)) {
    const stage = /^([a-z-]+)-[0-9a-f]{32}\.bin$/.exec(name)?.[1];
    if (stage === undefined) continue;
    // Another run may have removed it meanwhile.
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found) entries.push({ file: join(folder, name), stage, bytes: found.size, used: found.mtime });
  }
  return entries.sort((a, b) => b.used.getTime() - a.used.getTime());
}

/** Removes every entry, and what killed runs left half-written. Gives how many entries there were. */
export async function clearCache(folder = cacheFolder()): Promise<number> {
  const entries = await listCache(folder);
  const left = (await names(folder)).filter((name) => /^[a-z-]+-[0-9a-f]{32}\.bin\.[0-9a-f]{12}\.tmp$/.test(name));
  const files = [...entries.map(({ file }) => file), ...left.map((name) => join(folder, name))];
  await Promise.all(files.map((file) => rm(file, { force: true })));
  return entries.length;
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
