/** @file Profiles on disk: format 2 as it is written, format 1 still read. */
import { thinned, type Cost, type Profile } from "@split-et-impera/core/cost";
import { InputError } from "@split-et-impera/core/errors";
import { shown } from "@split-et-impera/core/units";
import type { z } from "zod";
import { lineOf, readText } from "../../files/index.ts";
import { problemsOf } from "../../study/problems.ts";
import { oldProfileFile, profileFile } from "./profile-definition.ts";

/** A profile of thousands of works with a hundred samples each is smaller. */
const mostBytes = 64 * 2 ** 20;

/** A profile as it was read. */
export interface ReadProfile extends Profile {
  /** Whether the file is of format 1, which holds no samples: they are made up from three percentiles. */
  converted?: true;
}

/**
 * Reads a saved profile.
 * @param model SHA-256 of the model that it must be of; not asked where undefined
 * @throws InputError `ERR_PROFILE` with file, line and field
 */
export async function readProfile(file: string, model?: string): Promise<ReadProfile> {
  const text = await readText(file, {
    code: "ERR_PROFILE",
    what: "a profile; `sei profile` makes one",
    most: mostBytes,
  });
  const found = parseProfile(file, text);
  if (model !== undefined && found.model !== model) {
    throw new InputError(
      "ERR_PROFILE",
      `${file}:${lineOf(text, ["model"])}: measured for another model (${shown(found.model.slice(0, 12))}, this one is ${model.slice(0, 12)})`,
    );
  }
  return found;
}

function parseProfile(file: string, text: string): ReadProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message.replaceAll(/\s+/g, " ");
    throw new InputError("ERR_PROFILE", `${file}: not a profile (${why}); \`sei profile\` makes one`, { cause });
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (format === 1) return converted(checked(file, text, oldProfileFile, value));
  if (format !== 2)
    throw new InputError(
      "ERR_PROFILE",
      `${file}:${lineOf(text, ["format"])}: format: expected 2 (or 1, of older versions), got ${shown(format)}`,
    );
  const { $schema: _schema, works, ...rest } = checked(file, text, profileFile, value);
  return {
    ...rest,
    works: mapCosts(works, ({ samples, ...cost }) => ({ ...cost, ...(samples && { samples: thinned(samples) }) })),
  };
}

function checked<T extends z.ZodType>(file: string, text: string, schema: T, value: unknown): z.output<T> {
  const [problem, ...others] = problemsOf(schema, value);
  if (problem) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    const where = `${file}:${lineOf(text, problem.path)}`;
    throw new InputError(
      "ERR_PROFILE",
      `${where}: ${problem.path.join(".") || "a profile"}: ${problem.message}${more}`,
    );
  }
  return schema.parse(value);
}

/** Format 1 did not tell how sure the median is from how the runs vary: its percentiles stand for both. */
function converted({ machine, model, timings }: z.output<typeof oldProfileFile>): ReadProfile {
  const works = mapCosts(timings, ({ median, n, ...given }): Cost => {
    const [lo, hi] = [Math.min(given.lo, median), Math.max(given.hi, median)];
    return { seconds: median, lo, hi, n, ...(hi > lo && { samples: between(lo, median, hi) }) };
  });
  return { format: 2, source: "sei, format 1", machine, model, works, converted: true };
}

/** Runs whose 5th, 50th and 95th percentiles are these, straight in between. */
function between(low: number, median: number, high: number): Float64Array {
  const runs = 40;
  return Float64Array.from({ length: runs }, (_, i) => {
    const along = Math.min(1, Math.max(-1, ((i + 0.5) / runs - 0.5) / 0.45));
    return median + (along < 0 ? median - low : high - median) * along;
  });
}

function mapCosts<T>(works: Record<string, T>, change: (cost: T) => Cost): Record<string, Cost> {
  return Object.fromEntries(Object.entries(works).map(([work, cost]) => [work, change(cost)]));
}

const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits));

/** A cost with the digits that a profile holds: times six, samples four. Rounded at once, a saved profile gives the same times again. */
export function roundedCost(cost: Cost): Cost {
  const { call, samples } = cost;
  const seconds = rounded(cost.seconds, 6);
  return {
    ...cost,
    seconds,
    lo: Math.min(rounded(cost.lo, 6), seconds),
    hi: Math.max(rounded(cost.hi, 6), seconds),
    ...(call !== undefined && { call: Math.min(rounded(call, 4), seconds) }),
    ...(samples && { samples: Float64Array.from(samples, (one) => rounded(one, 4)) }),
  };
}

/** A profile as it is written: a line for each work. */
export function profileJson(profile: Profile): string {
  const works = Object.entries(profile.works).map(([work, cost]): [string, object] => {
    const { seconds, lo, hi, n, disturbed, call, mirrored, samples } = roundedCost(cost);
    return [
      work,
      {
        seconds,
        lo,
        hi,
        n,
        ...(disturbed !== undefined && { disturbed }),
        ...(call !== undefined && { call }),
        ...(mirrored !== undefined && { mirrored }),
        ...(samples && { samples: [...samples] }),
      },
    ];
  });
  const { format, source, machine, model } = profile;
  const head = JSON.stringify({ format, source, machine, model }, null, 2).slice(0, -2);
  const lines = works.map(([work, cost]) => `    ${JSON.stringify(work)}: ${JSON.stringify(cost)}`);
  return `${head},\n  "works": {\n${lines.join(",\n")}\n  }\n}\n`;
}
