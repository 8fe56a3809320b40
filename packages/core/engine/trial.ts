/** @file Running a model to see what its tensors look like: only summaries are kept, so that any process can do it. */
import { InputError } from "../errors/index.ts";
import type { Tensor, Tensors, TensorType } from "../tensor/index.ts";
import type { Engine } from "./index.ts";

export interface Observed {
  type: TensorType;
  dims: readonly number[];
  /** Of numeric tensors. NaN and infinite values make `finite` false and are left out of the range. */
  min: number;
  max: number;
  finite: boolean;
  /** The elements of a small tensor of integers or truth values, such as axes, sizes and paddings. */
  values?: readonly number[];
  /** Some elements of the first row, spread evenly, of real numbers: what tells runs with other rows beside it apart. */
  sample?: readonly number[];
}

/** One run of a trial. */
export interface TrialRun {
  feeds: Tensors;
  /** Rows fed; the first of them is sampled. */
  rows: number;
  /** The run, by number, whose success makes this one needless. */
  unless?: number;
}

export interface TrialJob {
  /** A model with all tensors of interest among its outputs, or its file. */
  model: Uint8Array | string;
  runs: readonly TrialRun[];
}

/** The engine's reason against a run. */
export type Refused = Pick<InputError, "code" | "message">;

/** What was seen of every output, or why it could not be run; undefined where it was needless. */
export type TrialResult = ReadonlyMap<string, Observed> | Refused | undefined;

/** What limits a trial in a process of its own. */
export interface TrialOptions {
  signal?: AbortSignal | undefined;
}

/**
 * Runs a model that may never have been run before, where the engine can in a process of its own.
 *
 * @throws InputError where the model cannot be loaded, crashes the engine, or takes too much memory or time
 */
export async function tryModel(engine: Engine, job: TrialJob, options: TrialOptions = {}): Promise<TrialResult[]> {
  return engine.tryApart ? engine.tryApart(job, options) : tryHere(engine, job);
}

/** The same in this process. */
export async function tryHere(engine: Engine, { model, runs }: TrialJob): Promise<TrialResult[]> {
  const session = await engine.load(model, { optimisation: "none" });
  try {
    const results: TrialResult[] = [];
    for (const { feeds, rows, unless } of runs) {
      if (unless !== undefined && results[unless] instanceof Map) {
        results.push(undefined);
        continue;
      }
      try {
        const found = await session.run(feeds);
        results.push(new Map(Object.entries(found).map(([name, value]) => [name, summarise(value, rows)])));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        results.push({ code: error.code, message: error.message });
      }
    }
    return results;
  } finally {
    await session.release();
  }
}

/** The most elements that `values` holds. */
const small = 64;
const sampled = 64;

/** @param rows of which the first is sampled, where they lie one after the other */
export function summarise({ type, dims, data }: Tensor, rows = 1): Observed {
  let min = Infinity;
  let max = -Infinity;
  let finite = true;
  if (type !== "string" && type !== "float16" && type !== "bfloat16") {
    for (let i = 0; i < data.length; i++) {
      const x = Number(data[i]);
      if (!Number.isFinite(x)) finite = false;
      else {
        if (x < min) min = x;
        if (x > max) max = x;
      }
    }
  }
  const counted = data.length <= small && /^(u?int|bool)/.test(type);
  const seen: Observed = { type, dims, min, max, finite };
  if (counted) seen.values = Array.from(data as BigInt64Array, Number);
  if (type === "float32" || type === "float64") seen.sample = sampleOf(data as Float32Array, dims, rows);
  return seen;
}

function sampleOf(data: Float32Array, dims: readonly number[], rows: number): number[] {
  const length = (dims[0] ?? 1) % rows === 0 ? data.length / rows : data.length;
  const count = Math.min(sampled, length);
  return Array.from({ length: count }, (_, i) => data[Math.floor((i * length) / count)]!);
}
