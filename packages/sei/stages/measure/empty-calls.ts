/** @file Empty calls of the engine, to be timed beside real ones. */
import { emptyCallModel } from "@split-et-impera/core/cost";
import type { Engine, Session } from "@split-et-impera/core/engine";
import type { Tensor } from "@split-et-impera/core/tensor";
import type { Work } from "./runs.ts";

export interface EmptyCalls extends AsyncDisposable {
  /** An empty call with an input of this type and shape; works with such an input share it. */
  for(input: Tensor): NonNullable<Work["call"]>;
}

/** Models are loaded when they are first run, and released together. */
export function emptyCalls(engine: Engine): EmptyCalls {
  const sessions = new Map<string, Promise<Session>>();
  return {
    for(input) {
      const name = `call ${input.type}[${input.dims.join(",")}]`;
      return {
        name,
        run: async () => {
          if (!sessions.has(name)) sessions.set(name, engine.load(emptyCallModel(input)));
          return (await sessions.get(name)!).run({ input });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}
