/** @file Timing work on this machine. */
import type { Profile, Timing } from "@split-et-impera/core/compute";
import { InputError } from "@split-et-impera/core/errors";
import { quantile } from "@split-et-impera/core/statistics";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { z } from "zod";
import { engine } from "../engine/index.ts";

/** One piece of work is timed in bursts apart from each other, after some runs that do not count. */
const bursts = 5;
const pause = 20;
const warmUp = { least: 3, most: 20, seconds: 0.03 };
const burst = { least: 3, most: 100, seconds: 0.04 };

/**
 * Times repeated runs and gives those of the quietest burst: what else the machine does for a moment makes some bursts
 * slower, never faster.
 */
export async function timeWork(work: () => unknown): Promise<Timing> {
  await repeat(work, warmUp);
  let best: Timing | undefined;
  for (let i = 0; i < bursts; i++) {
    const seconds = await repeat(work, burst);
    const median = quantile(seconds, 0.5);
    if (!best || median < best.median)
      best = { median, lo: quantile(seconds, 0.05), hi: quantile(seconds, 0.95), n: seconds.length };
    await setTimeout(pause);
  }
  return best!;
}

async function repeat(work: () => unknown, budget: typeof burst): Promise<number[]> {
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
