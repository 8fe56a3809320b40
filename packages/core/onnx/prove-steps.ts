/** @file The proof over several steps: a model and its segments, each carrying its own state from one step to the next. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import type { Tensors } from "../tensor/index.ts";
import type { Sizes } from "./feeds.ts";
import { largestDifference, type Loadable } from "./proof.ts";
import { createRunner, type Runner } from "./runner.ts";
import type { Survey } from "./survey.ts";

export interface StepsProof {
  /** Steps that were run, from the first on. */
  steps: number;
  rows: number;
  /** Whether every answer and every state was equal bit for bit at every step, the runtime's optimisations off. */
  exact: boolean;
  /** Largest absolute difference, optimisations on: what rounds otherwise is carried on too. */
  largestDifference: number;
}

const usualSteps = 4;

/**
 * Runs the whole and its segments over several steps on random numbers, from the first state on. Undefined where nothing is
 * carried.
 *
 * @throws InputError where the whole cannot go through the steps, or the segments cannot where it does
 */
export async function proveSteps(
  engine: Engine,
  survey: Survey,
  whole: Loadable,
  parts: readonly Loadable[],
  seed: string,
  steps = usualSteps,
): Promise<StepsProof | undefined> {
  const { state, batch } = survey;
  if (state.length === 0) return undefined;
  const rows = batch ? 2 : survey.rows;
  const sizes = new Map([...survey.sizes, ...(batch ? [[batch.symbol, rows] as const] : [])]);
  const compare = async (optimisation: "all" | "none"): Promise<number> => {
    const one = await createRunner(engine, [whole], { state, sizes, optimisation });
    try {
      const other = await createRunner(engine, parts, { state, sizes, optimisation });
      try {
        return await largestAlong(survey, one, other, { rows, seed, steps });
      } finally {
        await other.release();
      }
    } finally {
      await one.release();
    }
  };
  return { steps, rows, exact: (await compare("none")) === 0, largestDifference: await compare("all") };
}

async function largestAlong(
  survey: Survey,
  one: Runner,
  other: Runner,
  { rows, seed, steps }: { rows: number; seed: string; steps: number },
): Promise<number> {
  const outputs = survey.index.outputs.filter((name) => survey.seen.has(name));
  let worst = 0;
  for (let step = 0; step < steps; step++) {
    const feeds = survey.feeds(rows, `${seed}/${step}`, sizesAt(survey, one.state()));
    for (const { input } of survey.state) delete feeds[input];
    const expected = await one.step(feeds).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      throw new InputError("ERR_MODEL_STATE", `step ${step + 1} of the model cannot be run: ${error.message}`, {
        cause: error,
      });
    });
    const found = await other.step(feeds);
    for (const name of outputs) worst = Math.max(worst, largestDifference(expected[name]!, found[name]!));
  }
  return worst;
}

/** Open dimensions as the state of a step has them. */
function sizesAt({ state }: Survey, current: Tensors): Sizes {
  return new Map(
    state.flatMap(({ input, dims }) =>
      dims.flatMap((dim, axis) => (typeof dim === "string" ? [[dim, current[input]!.dims[axis]!] as const] : [])),
    ),
  );
}
