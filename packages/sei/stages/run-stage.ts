/** @file Running a stage: what the store has is not computed again. */
import { decodeValue, encodeValue, type Key } from "../store/index.ts";
import type { Context, Kept, Stage } from "./context.ts";

/** The kept result of a stage for this input, or what it gives now, which is then kept. */
export async function runStage<I, O>(stage: Stage<I, O>, input: I, context: Context): Promise<Kept<O>> {
  const key = keyOf(stage, stage.key(input), context);
  const kept = await recall<O>(key, context);
  if (kept !== undefined) return { value: kept, cached: true };
  context.signal.throwIfAborted();
  const value = await stage.run(input, context);
  await context.store.put(key, encodeValue(value));
  return { value, cached: false };
}

/** Runs a stage for many inputs, one after the other; the results in their order. */
export async function* runEach<I, O>(
  stage: Stage<I, O>,
  inputs: readonly I[],
  context: Context,
): AsyncGenerator<Kept<O>> {
  for (const input of inputs) {
    context.signal.throwIfAborted();
    yield await runStage(stage, input, context);
    // What computes in one go leaves no turn in which a signal could be heard.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a stage's result, or a part of it on the way there, is kept under. */
export function keyOf(
  { name, version }: Pick<Stage<never, unknown>, "name" | "version">,
  of: unknown,
  { engine }: Pick<Context, "engine">,
): Key {
  return { stage: name, version, engine: engine.name, of };
}

/** What is kept under a key; undefined where nothing is. */
export async function recall<O>(key: Key, { store }: Pick<Context, "store">): Promise<O | undefined> {
  const bytes = await store.get(key);
  return bytes && (decodeValue(bytes)?.value as O | undefined);
}

/** Keeps plain data under a key. */
export const keep = (key: Key, value: unknown, { store }: Pick<Context, "store">): Promise<void> =>
  store.put(key, encodeValue(value));
