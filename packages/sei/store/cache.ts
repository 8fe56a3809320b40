/** @file Stages' values in a store, by name and key. */
import { decodeValue, encodeValue } from "./values.ts";
import type { Key, Store } from "./store.ts";

export interface Cache {
  /** The kept value for this stage and key, or what `compute` gives, which is then kept. */
  get<T>(stage: string, key: unknown, compute: () => Promise<T>): Promise<{ value: T; cached: boolean }>;
  read<T>(stage: string, key: unknown): Promise<T | undefined>;
  write(stage: string, key: unknown, value: unknown): Promise<void>;
  remove(stage: string, key: unknown): Promise<void>;
}

/** Versions of stages' code; raised where the same input no longer gives the same result. */
const versions: Record<string, number> = { timing: 2 };

export function openCache(store: Store, engine: string): Cache {
  const keyOf = (stage: string, of: unknown): Key => ({ stage, version: versions[stage] ?? 1, engine, of });
  const cache: Cache = {
    async get(stage, key, compute) {
      const kept = await cache.read<Awaited<ReturnType<typeof compute>>>(stage, key);
      if (kept !== undefined) return { value: kept, cached: true };
      const value = await compute();
      await cache.write(stage, key, value);
      return { value, cached: false };
    },
    async read<T>(stage: string, key: unknown) {
      const bytes = await store.get(keyOf(stage, key));
      return bytes && (decodeValue(bytes)?.value as T | undefined);
    },
    write: (stage, key, value) => store.put(keyOf(stage, key), encodeValue(value)),
    remove: (stage, key) => store.remove(keyOf(stage, key)),
  };
  return cache;
}
