/** @file The runs of a survey: two rows, one of them alone, and other sizes of all that is open. */
import type { Engine, Refused, TrialOptions, TrialRun } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import type { Tensors } from "../tensor/index.ts";
import { batchSymbol, feedsFor, sizesFor, type Declared, type InputOptions, type Sizes } from "./feeds.ts";
import { firstRows } from "./fitted.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import { elementsApart, observeFirst, type Observations, type Parts } from "./observe.ts";
import type { ModelProto } from "./proto.ts";
import { withSums } from "./sums.ts";

/** What was seen in the runs of a survey. */
export interface Runs {
  inputs: Declared[];
  sizes: Sizes;
  seen: Observations;
  rows: number;
  /** The name of the free batch. */
  symbol?: string;
  /** The first of the rows alone. */
  one?: Observations;
  /** With other sizes. */
  other?: { sizes: Sizes; seen: Observations };
}

/** All that was seen, with different sizes of what is open. */
export const runsOf = ({ seen, one, other }: Runs): Observations[] => [
  seen,
  ...(one ? [one] : []),
  ...(other ? [other.seen] : []),
];

/**
 * Runs a model, or `probe` in its place, as often as it takes to tell what follows which size.
 *
 * @throws InputError with the engine's reason, where the model cannot be run
 */
export async function runAll(
  model: ModelProto,
  probe: ModelProto | undefined,
  inputs: Declared[],
  engine: Engine,
  options: InputOptions & TrialOptions,
): Promise<Runs> {
  const symbol = batchSymbol(inputs);
  const rows = symbol === undefined ? 1 : 2;
  const sizes = sizesFor(inputs, rows, options);
  const feeds = feedsFor(inputs, sizes, undefined, options.example);
  let jobs: Job[] = [{ feeds, rows, sizes }];
  if (symbol !== undefined)
    jobs.push({ feeds: aloneOf(feeds, inputs, symbol), rows: 1, sizes: new Map(sizes).set(symbol, 1) });
  const growing = jobs.length;
  const summed = withSums(sizes);
  const unsummed = new Set([...sizes.keys()].filter((name) => summed.get(name) !== sizes.get(name)));
  for (const all of [true, false]) {
    const larger = [...sizes].map(
      ([name, size]) => [name, name === symbol ? size + 1 : all ? grownSize(size) : size] as const,
    );
    const grown = withSums(new Map(larger), unsummed);
    const same = [...grown].every(([name, size]) => sizes.get(name) === size);
    if (same || (!all && sizes.size === 1)) continue;
    try {
      const larger = feedsFor(inputs, grown, undefined, options.example);
      const rows = symbol === undefined ? 1 : grown.get(symbol)!;
      jobs.push({ feeds: larger, rows, sizes: grown, ...(jobs.length > growing && { unless: growing }) });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  let results = await orTooMuch(observeFirst(probe ?? model, engine, jobs, model, options));
  if (!Array.isArray(results)) {
    // Of other sizes one row will do, where there is no room for several.
    jobs = jobs.map((job, i) => (i < growing || symbol === undefined ? job : oneRow(job, inputs, symbol)));
    results = await observeEach(probe ?? model, engine, jobs, model, options, growing);
  }
  const [main, ...more] = results;
  const alone = symbol === undefined ? undefined : more[0];
  const one = alone instanceof Map ? alone : undefined;
  const last = results.findIndex((found, i) => i >= growing && found instanceof Map);
  const seen = main instanceof Map ? main : undefined;
  const other = last < 0 ? undefined : { sizes: jobs[last]!.sizes, seen: results[last] as Observations };
  const found: Runs | undefined = seen && {
    inputs,
    sizes,
    seen,
    rows,
    ...(symbol !== undefined && { symbol }),
    ...(one && { one }),
    ...(other && { other }),
  };
  // A graph that declares a free batch may still have 1 written into a Reshape.
  if (symbol !== undefined && one && (!found || mergesRows(indexGraph(model.graph!), found))) {
    const fixed = inputs.map((input) => ({ ...input, dims: input.dims.map((dim) => (dim === symbol ? 1 : dim)) }));
    return runAll(model, probe, fixed, engine, options);
  }
  if (found) return found;
  const { code, message } = main as Refused;
  throw new InputError(code, `${message}${guesses(inputs, sizes, options)}`);
}

/**
 * Another size that networks take where they take this one: twice as much, or of pictures, which memory counts by their
 * area, one step of their strides more.
 */
function grownSize(size: number): number {
  let step = 1;
  while (step < largestStride && size % (2 * step) === 0) step *= 2;
  return step >= 32 && size > step ? size + step : 2 * size;
}

const largestStride = 128;

interface Job extends TrialRun {
  sizes: Sizes;
}

type Seen = Observations | Refused | undefined;

function oneRow(job: Job, inputs: readonly Declared[], symbol: string): Job {
  return { ...job, feeds: aloneOf(job.feeds, inputs, symbol), rows: 1, sizes: new Map(job.sizes).set(symbol, 1) };
}

/** The result, or the engine's reason where it has not the memory. */
async function orTooMuch<T>(work: Promise<T>): Promise<T | Refused> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof InputError && error.code === "ERR_MODEL_MEMORY") return error;
    throw error;
  }
}

/** Parts in which tensors are looked at where all at once take too much memory. */
const parts = 8;

/**
 * Runs in a process each. What is needed, the first ones, is looked at part by part where all at once takes too much memory,
 * beginning with the smallest, that of one row: where one part of that takes too much too, nothing else is tried.
 */
async function observeEach(
  model: ModelProto,
  engine: Engine,
  jobs: readonly Job[],
  whole: ModelProto,
  options: TrialOptions,
  needed: number,
): Promise<Seen[]> {
  const one = async ({ feeds, rows }: Job, apart?: Parts): Promise<Seen> => {
    const found = await orTooMuch(observeFirst(model, engine, [{ feeds, rows }], whole, options, apart));
    return Array.isArray(found) ? found[0] : found;
  };
  const smallest = jobs[needed - 1]!;
  let apart: Parts | undefined;
  const orApart = async (job: Job): Promise<Seen> => {
    const found = await one(job, apart);
    if (!isTooMuch(found) || apart) return found;
    const elements = await orTooMuch(elementsApart(model, engine, smallest, options));
    if ("code" in elements) return elements;
    apart = { count: parts, elements };
    return one(job, apart);
  };
  const results: Seen[] = jobs.map(() => undefined);
  const row = (results[needed - 1] = await orApart(smallest));
  if (isTooMuch(row)) return jobs.map(() => row);
  // Other sizes are larger ones: they are tried where there is room for the whole of the smallest.
  const roomy = !apart;
  for (let i = needed - 2; i >= 0; i--) results[i] = await orApart(jobs[i]!);
  if (!roomy) return results;
  for (let i = needed; i < jobs.length; i++) {
    const { unless } = jobs[i]!;
    if (unless === undefined || !(results[unless] instanceof Map)) results[i] = await one(jobs[i]!);
  }
  return results;
}

const isTooMuch = (found: Seen): boolean => found !== undefined && "code" in found && found.code === "ERR_MODEL_MEMORY";

/** What was taken for sizes that neither the model nor the caller gave: the likely reason where a run fails. */
function guesses(
  inputs: readonly Declared[],
  sizes: Sizes,
  { shape, shapes, example, proposed }: InputOptions,
): string {
  const batch = batchSymbol(inputs);
  const open = inputs.filter(
    ({ name, dims }) =>
      !(shape ?? proposed ?? shapes?.get(name) ?? example?.[name]) &&
      dims.some((dim) => typeof dim === "string" && dim !== batch),
  );
  if (open.length === 0) return "";
  const taken = open.map(
    ({ name, dims }) =>
      `"${name}" as [${dims.map((dim) => (typeof dim === "string" ? sizes.get(dim) : dim)).join(", ")}]`,
  );
  return `; open sizes were guessed, ${taken.join(", ")}: give the shapes of the inputs`;
}

/** The first row of every feed that has the batch among its dimensions. */
function aloneOf(feeds: Tensors, inputs: readonly Declared[], symbol: string): Tensors {
  return Object.fromEntries(
    inputs.map(({ name, dims }) => {
      const axis = dims.indexOf(symbol);
      return [name, axis < 0 ? feeds[name]! : firstRows(feeds[name]!, axis, 1)];
    }),
  );
}

/** Whether rows that go in do not come out as rows: an answer of 5 numbers for one row is one of 10 for two. */
function mergesRows({ outputs }: GraphIndex, { seen, one, other, rows, symbol, sizes }: Runs): boolean {
  if (!one || !other || symbol === undefined) return false;
  const next = other.sizes.get(symbol)!;
  if (next === sizes.get(symbol)) return false;
  const kinds = outputs.flatMap((name) => {
    const [dims, single, grown] = [seen.get(name)?.dims, one.get(name)?.dims, other.seen.get(name)?.dims];
    if (!dims || !single || !grown || dims.length !== single.length || dims.length !== grown.length) return [];
    return dims.map((size, axis) =>
      single[axis] === 1 && size === rows && grown[axis] === next
        ? "rows"
        : size === rows * single[axis]! && grown[axis] === next * single[axis]!
          ? "merged"
          : "other",
    );
  });
  return kinds.includes("merged") && !kinds.includes("rows");
}
