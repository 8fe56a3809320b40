/** @file Timing work on this machine. */
import type { Profile, Timing } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import { quantile } from "@split-et-impera/core/statistics";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { z } from "zod";
import { engine } from "@split-et-impera/ort";

/** Each piece of work is timed in bursts, after some runs that do not count. */
const rounds = 6;
const warmUp = { least: 3, most: 20, seconds: 0.03 };
const burst = { least: 3, most: 100, seconds: 0.03 };
/** Milliseconds between rounds. */
const pause = 50;

/** Something to time, run after run. */
export type Work = () => unknown;

/**
 * Times several pieces of work by turns, a burst of each per round, and gives for each the runs of its quietest burst:
 * what else the machine does for a while makes some bursts slower, never faster, and slows all work alike.
 */
export async function timeWorks(
  works: ReadonlyMap<string, Work>,
  signal?: AbortSignal,
  update?: (status: string) => void,
): Promise<Record<string, Timing>> {
  const best: Record<string, Timing> = {};
  for (const work of works.values()) await repeat(work, warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of works) {
      signal?.throwIfAborted();
      const seconds = await repeat(work, burst);
      const median = quantile(seconds, 0.5);
      if (median >= (best[name]?.median ?? Infinity)) continue;
      best[name] = { median, lo: quantile(seconds, 0.05), hi: quantile(seconds, 0.95), n: seconds.length };
    }
    update?.(`round ${round + 1} of ${rounds}`);
    await setTimeout(pause);
  }
  return best;
}

/** Times one piece of work. */
export async function timeWork(work: Work): Promise<Timing> {
  return (await timeWorks(new Map([["work", work]])))["work"]!;
}

async function repeat(work: Work, budget: typeof burst): Promise<number[]> {
  const seconds: number[] = [];
  let spent = 0;
  while (seconds.length < budget.least || (spent < budget.seconds && seconds.length < budget.most)) {
    const start = performance.now();
    const result = work();
    if (result instanceof Promise) await result;
    const took = (performance.now() - start) / 1000;
    seconds.push(took);
    spent += took;
  }
  return seconds;
}

export function thisMachine(): Profile["machine"] {
  return {
    engine: engine.name,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    threads: availableParallelism(),
  };
}

const timing = z.object({ median: z.number().positive(), lo: z.number(), hi: z.number(), n: z.number() });
const profileFile = z.object({
  format: z.literal(1),
  machine: z.object({ engine: z.string(), platform: z.string(), cpu: z.string(), threads: z.number() }),
  model: z.string(),
  timings: z.record(z.string(), timing),
});

/** Reads a saved profile; it must be of the same model. */
export async function readProfile(file: string, model: string): Promise<Profile> {
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new InputError(
      "ERR_PROFILE",
      `${file}: not a profile (${(error as Error).message}); \`sei profile\` makes one`,
      { cause: error },
    );
  }
  const parsed = profileFile.safeParse(found);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError("ERR_PROFILE", `${file}: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  if (parsed.data.model !== model) {
    throw new InputError(
      "ERR_PROFILE",
      `${file}: measured for another model (${parsed.data.model.slice(0, 12)}, this one is ${model.slice(0, 12)})`,
    );
  }
  return parsed.data;
}
