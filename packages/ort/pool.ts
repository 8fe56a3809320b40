/** @file Loaded models, used again by whoever loads the same one soon after: few at a time, all released by the pool's owner. */
import type { Engine, EngineOptions, Session } from "@split-et-impera/core/engine";
import { createHash } from "node:crypto";

/** Idle models that are kept loaded: so many at most, of so many bytes together. */
export interface PoolLimits {
  models: number;
  bytes: number;
}

interface Loaded {
  session: Promise<Session>;
  bytes: number;
  /** By how many it is used now. */
  users: number;
}

const usual: PoolLimits = { models: 4, bytes: 256e6 };

/**
 * An engine whose `release` gives a model back to a pool, from which a later `load` of the same bytes with the same options
 * takes it. Disposing of it releases all that is idle; models in use are released by their users.
 */
export function pooled(engine: Engine, { models, bytes: most }: PoolLimits = usual): Engine & AsyncDisposable {
  /** By model and options; idle ones in the order in which they were given back. */
  const known = new Map<string, Loaded>();
  let closed = false;
  const idle = (): [string, Loaded][] => [...known].filter(([, { users }]) => users === 0);
  const shrink = async (keep: PoolLimits): Promise<void> => {
    const waiting = idle();
    let bytes = waiting.reduce((sum, [, one]) => sum + one.bytes, 0);
    while (waiting.length > keep.models || (bytes > keep.bytes && waiting.length > 0)) {
      const [key, oldest] = waiting.shift()!;
      known.delete(key);
      bytes -= oldest.bytes;
      await (await oldest.session).release();
    }
  };
  const lease = (key: string, loaded: Loaded, session: Session): Session => {
    let released = false;
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      run: (feeds, fetches) => session.run(feeds, fetches),
      async release() {
        if (released) return;
        released = true;
        if (--loaded.users > 0) return;
        // To the end of the order: it was used last.
        known.delete(key);
        known.set(key, loaded);
        await shrink(closed ? { models: 0, bytes: 0 } : { models, bytes: most });
      },
    };
  };
  return {
    ...engine,
    async load(model, options: EngineOptions = {}) {
      // What lies in files may change between two loads.
      if (typeof model === "string") return engine.load(model, options);
      const key = `${JSON.stringify(options)} ${createHash("sha256").update(model).digest("hex")}`;
      const loaded = known.get(key) ?? { session: engine.load(model, options), bytes: model.length, users: 0 };
      known.set(key, loaded);
      loaded.users++;
      try {
        return lease(key, loaded, await loaded.session);
      } catch (error) {
        known.delete(key);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await shrink({ models: 0, bytes: 0 });
    },
  };
}
