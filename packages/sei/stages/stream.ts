/** @file Models over samples that follow each other: a session that carries state from sample to sample. */
import type { Engine, Session } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Samples } from "../data/index.ts";

export interface StreamSession extends Session {
  /**
   * Told which samples are run next. Of a model with state they go one by one and in order: the state of the one before
   * goes on, and where a stream begins the first one comes again.
   */
  enter(samples: readonly number[]): void;
}

/**
 * Loads a model, or a segment of one, which keeps the state that it takes: what it gives is the next sample's, whatever it
 * is fed under that name. Without state it is a session like any other.
 */
export async function openStream(
  engine: Engine,
  model: Uint8Array | string,
  { stream }: Pick<Samples, "stream">,
): Promise<StreamSession> {
  const session = await engine.load(model);
  const own = (stream?.state ?? []).filter(({ input }) => session.inputs.includes(input));
  const rest = { inputs: session.inputs, outputs: session.outputs, release: () => session.release() };
  if (!stream || own.length === 0)
    return { ...rest, run: (feeds, fetches) => session.run(feeds, fetches), enter: () => undefined };
  let next: number | undefined;
  let held: Tensors = {};
  const reset = (): void => {
    held = Object.fromEntries(own.map(({ input }) => [input, stream.first[input]!]));
  };
  reset();
  return {
    ...rest,
    enter(samples) {
      const [sample] = samples;
      if (samples.length !== 1) throw internal(`${samples.length} samples at once of a stream with state`);
      if (stream.begins(sample!)) reset();
      else if (sample !== next) throw internal(`sample ${sample} of a stream comes after ${(next ?? 0) - 1}`);
      next = sample! + 1;
    },
    async run(feeds, fetches = session.outputs): Promise<Tensors> {
      const wanted = [...new Set([...fetches, ...own.map(({ output }) => output)])];
      // What a segment is given of the next state it need not make itself.
      const made = wanted.filter((name) => session.outputs.includes(name));
      const found = await session.run({ ...feeds, ...held }, made);
      for (const { input, output } of own) {
        const value = found[output] ?? feeds[output];
        if (!value) throw internal(`the state "${input}" is taken by a segment that does not make "${output}"`);
        held[input] = value;
      }
      return Object.fromEntries(fetches.map((name) => [name, found[name]!]));
    },
  };
}
