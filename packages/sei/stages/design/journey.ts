/** @file The stages of a run, one after the other: what each is called, how far it has come, what it took. */
import type { Result } from "@split-et-impera/core/design";
import type { Context, Job, Kept, Outcome } from "../context.ts";

/** @param done what became of the work where it was done ahead: then that is what it took */
export type RunsStage = <T>(title: string, work: (context: Context) => Promise<Kept<T>>, done?: Outcome) => Promise<T>;

export interface Journey {
  stage: RunsStage;
  /** Has others do work ahead, where there are any. */
  ahead<I>(title: string, job: Job<I>, inputs: readonly I[]): Promise<Outcome[]>;
  stages: Result["stages"];
}

/** Runs what belongs to one title: progress on the terminal, and its wall time for the result. */
export function journeyOf(given: Context): Journey {
  const stages: Result["stages"] = [];
  const stage: RunsStage = async (name, work, done) => {
    given.signal.throwIfAborted();
    const started = performance.now();
    const { value, cached: found } = await given.progress.task(name, async (update) => {
      const found = await work({ ...given, update });
      if (done?.state === "done" && !done.cached) update(`done ahead in ${done.seconds.toFixed(1)} s`);
      else if (found.cached) update("from the cache");
      return found;
    });
    const own = (performance.now() - started) / 1000;
    const [seconds, cached] = done?.state === "done" ? [own + done.seconds, done.cached && found] : [own, found];
    stages.push({ name, seconds, cached });
    return value;
  };
  const ahead: Journey["ahead"] = async (title, job, inputs) => {
    if (!given.jobs.apart || inputs.length === 0) return inputs.map(() => ({ state: "here" }));
    return given.progress.task(title, (update) => given.jobs.ahead(job, inputs, { ...given, update }));
  };
  return { stage, ahead, stages };
}
