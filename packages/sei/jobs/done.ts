/** @file What is noted in the store of a job that is done, so that the next run does not ask anybody for it again. */
import type { Context, Job, Outcome } from "../stages/context.ts";
import { keep, keyOf, recall } from "../stages/run-stage.ts";

/** The outcome of a job that an earlier run had done; undefined where there is none. */
export async function doneBefore<I>(job: Job<I>, input: I, context: Context): Promise<Outcome | undefined> {
  const known = await recall<true>(keyOf(job, input, context), context);
  return known && { state: "done", cached: true, seconds: 0 };
}

/** Runs a job and notes that it is done. */
export async function doJob<I>(job: Job<I>, input: I, context: Context): Promise<Extract<Outcome, { state: "done" }>> {
  const started = performance.now();
  const { cached } = await job.run(input, context);
  await keep(keyOf(job, input, context), true, context);
  return { state: "done", cached, seconds: (performance.now() - started) / 1000 };
}
