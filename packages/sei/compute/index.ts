/** @file Timing work on this machine. */
import type { Profile, Timing } from "@split-et-impera/core/compute";
import { InputError } from "@split-et-impera/core/errors";
import { quantile } from "@split-et-impera/core/statistics";
import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { z } from "zod";
import { engine } from "../engine/index.ts";

/** How long one piece of work is timed, after how much warming up. */
const warmUp = { runs: 3, seconds: 0.05 };
const measure = { least: 10, most: 200, seconds: 0.4 };

/** Times repeated runs: first some that do not count, then until there are enough. */
export async function timeWork(work: () => unknown): Promise<Timing> {
  await repeat(work, warmUp.runs, warmUp.runs, warmUp.seconds);
  const seconds = await repeat(work, measure.least, measure.most, measure.seconds);
  return {
    median: quantile(seconds, 0.5),
    lo: quantile(seconds, 0.05),
    hi: quantile(seconds, 0.95),
    n: seconds.length,
  };
}

async function repeat(work: () => unknown, least: number, most: number, budget: number): Promise<number[]> {
  const seconds: number[] = [];
  let spent = 0;
  while (seconds.length < least || (spent < budget && seconds.length < most)) {
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
