/** @file All cuts of a model measured, tried and judged, stage by stage; what is kept is not computed again. */
import type { Context } from "../stages/context.ts";
import { runStage } from "../stages/run-stage.ts";
import { measureStage, type MeasuredAll } from "./measure.ts";
import type { Matter } from "./subject.ts";
import { trainedStage, type Trained } from "./trained.ts";
import { trialStage, type Trials } from "./trial.ts";

export interface CorrelateOptions {
  /** Bytes of a message. */
  budgets: readonly number[];
  seeds: readonly number[];
  /** Training samples: that measures are taken of, that bottlenecks are fitted to, that they are rehearsed on. */
  counts: { measure: number; fit: number; rehearse: number };
  /** Training of autoencoders beside what is fitted; absent: none. */
  training?: { samples: number; epochs: number; budgets: readonly number[]; seeds: readonly number[] };
}

export interface Raw {
  measured: MeasuredAll;
  /** By cut, then by seed. */
  trials: Trials[][];
  /** By cut; each with its bytes and seed. Empty where nothing was trained. */
  trained: { budget: number; seed: number; result: Trained; short: Trained | undefined }[][];
}

/** Passes that a short training takes of the whole one's samples. */
const tenth = 10;

export async function gather(matter: Matter, options: CorrelateOptions, context: Context): Promise<Raw> {
  const { budgets, seeds, counts, training } = options;
  const { progress } = context;
  const titled = <T>(title: string, work: (own: Context) => Promise<T>): Promise<T> =>
    progress.task(title, (update) => work({ ...context, update }));
  const measured = await titled("measures of all cuts", async (own) => {
    const { value } = await runStage(measureStage, { matter, images: counts.measure }, own);
    return value;
  });
  const trials: Trials[][] = [];
  for (const [i, cut] of matter.cuts.entries()) {
    trials.push(
      await titled(`cut ${i + 1} of ${matter.cuts.length}, ${cut.tensor}`, async (own) => {
        const found: Trials[] = [];
        for (const seed of seeds)
          found.push((await runStage(trialStage, { matter, cut, budgets, seed, counts }, own)).value);
        return found;
      }),
    );
  }
  const trained: Raw["trained"] = matter.cuts.map(() => []);
  for (const seed of training?.seeds ?? [])
    for (const [i, cut] of matter.cuts.entries())
      for (const budget of training!.budgets) {
        await titled(`training at ${cut.tensor}, ${budget} B, seed ${seed}`, async (own) => {
          const { samples, epochs } = training!;
          const input = { matter, cut, budget, seed, epochs };
          const whole = (await runStage(trainedStage, { ...input, samples }, own)).value.trained;
          if (!whole) return;
          const short = (await runStage(trainedStage, { ...input, samples: Math.ceil(samples / tenth) }, own)).value;
          trained[i]!.push({ budget, seed, result: whole, short: short.trained });
        });
      }
  return { measured, trials, trained };
}
