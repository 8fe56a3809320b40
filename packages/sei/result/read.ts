/** @file Results read back: bounded, checked against their definition and against themselves. */
import { withInfinity, type Result } from "@split-et-impera/core/design";
import { InputError } from "@split-et-impera/core/errors";
import { shown } from "@split-et-impera/core/units";
import { readText } from "../files/index.ts";
import { problemsOf } from "../study/problems.ts";
import { resultProblem } from "./agrees.ts";
import { resultFile } from "./definition.ts";

/** A result with pictures and maps for a dozen images of 224 x 224 is a tenth of this. */
const mostBytes = 128 * 2 ** 20;
/** Values other than pixels; a study of a thousand designs has a fifth. Each may be a problem of its own, held in memory. */
const mostValues = 500_000;

/**
 * Reads a `result.json`.
 * @throws InputError `ERR_RESULT` with file and field
 */
export async function readResult(file: string): Promise<Result> {
  const what = "a result; `sei design` writes one as result.json";
  return parseResult(file, await readText(file, { code: "ERR_RESULT", what, most: mostBytes }));
}

/** The same from its text; `file` is its name in messages. */
export function parseResult(file: string, text: string): Result {
  const fail = (message: string, cause?: unknown): InputError =>
    new InputError("ERR_RESULT", `${file}: ${message}`, cause === undefined ? undefined : { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message.replaceAll(/\s+/g, " ");
    throw fail(`not a result (${why}); \`sei design\` writes one as result.json`, cause);
  }
  const size = sizeProblem(value);
  if (size !== undefined) throw fail(size);
  const other = kindOf(value);
  if (other !== undefined) throw fail(`expected a result, got ${other}; \`sei design\` writes results as result.json`);
  const format = (value as { format?: unknown } | null)?.format;
  if (format !== 2) throw fail(`format: expected 2, got ${shown(format)}; \`sei design\` writes results`);
  const [problem, ...others] = problemsOf(resultFile, value);
  if (problem) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    throw fail(`${problem.path.join(".") || "a result"}: ${problem.message}${more}`);
  }
  // The definition says null where a result has Infinity; that is put back, and all else is as the definition has it.
  const result = withInfinity(resultFile.parse(value)) as Result;
  const contradiction = resultProblem(result);
  if (contradiction !== undefined) throw fail(contradiction);
  return result;
}

/** What else of ours a value is, by a field that no result has. */
function kindOf(value: unknown): string | undefined {
  const has = (field: string): boolean => typeof value === "object" && value !== null && Object.hasOwn(value, field);
  if (has("crossings")) return "the manifest of a deployment";
  if (has("works")) return "a profile of times";
  return has("cells") ? "the table of `sei verify`" : undefined;
}

/** Lists and fields within each other in a result are a dozen. */
const mostDeep = 32;

/** What bounds all later work: how many values there are, lists of pixels as one, and how deep they nest. */
function sizeProblem(value: unknown): string | undefined {
  let count = 0;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostDeep) return `expected at most ${mostDeep} levels of lists and fields, got more`;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== "object" || one === null) continue;
      const inner = Array.isArray(one)
        ? (one as unknown[])
        : Object.entries(one).map(([key, value]) => pixelsAside(key, value));
      count += inner.length;
      if (count > mostValues) return `expected at most ${mostValues} values beside pixels, got more`;
      for (const each of inner) next.push(each);
    }
    level = next;
  }
  return undefined;
}

/** A list of pixels, or of a map's values, counts as one where it has no problem. */
function pixelsAside(key: string, value: unknown): unknown {
  const pixels = (key === "rgb" || key === "values") && Array.isArray(value) && value.every(isPixel);
  return pixels ? value.length : value;
}

const isPixel = (value: unknown): boolean => typeof value === "number" && value >= 0;
