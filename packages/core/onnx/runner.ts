/** @file A model run step by step, whole or as segments, each of which keeps the state that it holds. */
import type { Engine, EngineOptions, Session } from "../engine/index.ts";
import { internal } from "../errors/index.ts";
import type { Tensor, Tensors } from "../tensor/index.ts";
import { firstState, type CarriedState } from "./carried.ts";
import type { Sizes } from "./feeds.ts";
import type { Loadable } from "./proof.ts";

export interface Runner {
  /** One step: what is fed beside state, and all that was made of it. */
  step(feeds: Tensors): Promise<Tensors>;
  /** What the next step takes as state, by input. */
  state(): Tensors;
  /** Begins again from the first step. */
  reset(): void;
  release(): Promise<void>;
}

export interface RunnerOptions extends EngineOptions {
  state: readonly CarriedState[];
  /** Sizes of the open dimensions of state, such as the batch. */
  sizes: Sizes;
}

interface Part {
  session: Session;
  own: readonly CarriedState[];
  held: Map<string, Tensor>;
}

/** Loads a model, or its segments in the order of a frame. State is kept by the part that takes it, and nowhere else. */
export async function createRunner(
  engine: Engine,
  models: readonly Loadable[],
  { state, sizes, ...options }: RunnerOptions,
): Promise<Runner> {
  const parts: Part[] = [];
  const release = async (): Promise<void> => {
    for (const { session } of parts) await session.release();
  };
  const reset = (): void => {
    for (const { own, held } of parts) for (const one of own) held.set(one.input, firstState(one, sizes));
  };
  try {
    for (const model of models) {
      const session = await engine.load(model, options);
      parts.push({ session, own: state.filter(({ input }) => session.inputs.includes(input)), held: new Map() });
    }
    reset();
  } catch (error) {
    await release();
    throw error;
  }
  return {
    async step(feeds) {
      const known = new Map(Object.entries(feeds));
      for (const { session, own, held } of parts) {
        const given = session.inputs.map((name) => [name, (held.get(name) ?? known.get(name))!] as const);
        const made = await session.run(Object.fromEntries(given));
        for (const [name, value] of Object.entries(made)) known.set(name, value);
        for (const { input, output } of own) {
          // What a segment is given of the next state, it need not make itself.
          const next = known.get(output);
          if (!next) throw internal(`the segment that takes the state "${input}" does not make "${output}"`);
          held.set(input, next);
        }
      }
      for (const name of Object.keys(feeds)) known.delete(name);
      return Object.fromEntries(known);
    },
    state: () => Object.fromEntries(parts.flatMap(({ held }) => [...held])),
    reset,
    release,
  };
}
