/** @file The proof that the segments of a model are together the model: outputs compared, for several row counts. */
import type { Engine } from "../engine/index.ts";
import { InputError, internal } from "../errors/index.ts";
import { fromFloat16, type Tensor, type Tensors } from "../tensor/index.ts";
import { batchAxis } from "./rows.ts";
import { firstRows, fitted } from "./fitted.ts";
import { halfTensors, withRounding } from "./half.ts";
import { serialiseModel } from "./model.ts";
import type { ModelProto } from "./proto.ts";
import type { Survey } from "./survey.ts";

/** A model that an engine can load: its bytes, or its file where weights lie beside it. */
export type Loadable = Uint8Array | string;

export interface SegmentsProof {
  /** Whether every output is equal bit for bit, with the runtime's optimisations off, whatever was fed. */
  exact: boolean;
  /** Largest absolute difference, with the optimisations on (they may fuse across a cut). */
  largestDifference: number;
  /** Largest absolute value among the outputs, to judge the difference by. */
  largestOutput: number;
  /** Whether any output held a number that is not NaN or infinite; if not, nothing was shown. */
  finite: boolean;
}

/** Rows of a proof where the batch is free; one row beside them, since that is what a camera sends. */
const proofRows = 4;

/** What a proof is run on. */
export interface ProofFeeds {
  inputs: "random" | "data";
  rows: number;
  feeds: Tensors;
}

/**
 * What to prove segments on: random numbers and, where they are given, examples (arrays or images, all rows of them); several
 * rows, and the first alone, where the model can be run with both.
 * @param seed of the stream of the random numbers
 */
export function proofFeeds(survey: Survey, seed: string, given: Tensors | undefined = survey.example): ProofFeeds[] {
  const { batch, one, seen } = survey;
  const alone = batch !== undefined && one !== seen;
  const random = (rows: number): ProofFeeds => ({ inputs: "random", rows, feeds: survey.feeds(rows, seed) });
  // An example is given where random numbers would be none that the model takes.
  const found = survey.example ? [] : [random(batch ? proofRows : survey.rows)];
  if (alone && !survey.example) found.push(random(1));
  if (!given) return found;
  const [rows] = survey.inputs.flatMap(({ name }) => {
    const axis = batchAxis(survey, name);
    return axis === undefined || !given[name] ? [] : [given[name].dims[axis]!];
  });
  const part = (count: number): ProofFeeds => ({
    inputs: "data",
    rows: count,
    feeds: { ...survey.feeds(count, seed), ...first(survey, given, count) },
  });
  found.push(part(batch ? Math.max(2, rows ?? 1) : survey.rows));
  if (alone) found.push(part(1));
  return found;
}

function first(survey: Survey, given: Tensors, count: number): Tensors {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const axis = batchAxis(survey, name);
      if (axis === undefined) return [name, value];
      const size = value.dims[axis]!;
      return [name, count <= size ? firstRows(value, axis, count) : fitted(value, value.dims.with(axis, count))];
    }),
  );
}

/** The whole and its segments, to be run one after the other. */
export interface Chains {
  whole: Loadable;
  parts: readonly Loadable[];
}

/** Models as `proveSegments` compares them bit for bit, where some compute in float16; see `withRounding`. */
export function roundedChains(
  { model, seen }: Pick<Survey, "model" | "seen">,
  parts: readonly ModelProto[],
): Chains | undefined {
  const half = halfTensors(seen);
  if (half.size === 0) return undefined;
  const rounded = (one: ModelProto): Uint8Array => serialiseModel(withRounding(one, half));
  return { whole: rounded(model), parts: parts.map(rounded) };
}

/**
 * Runs the whole and the segments one after the other on the same inputs, and compares all outputs.
 *
 * @param rounded in place of both where bits are compared (of models that compute in float16)
 * @returns the proof over all that was fed, and the whole's answers to each, optimisations off
 * @throws InputError where the whole can be run and the segments cannot
 */
export async function proveSegments(
  engine: Engine,
  whole: Loadable,
  parts: readonly Loadable[],
  outputs: readonly string[],
  feeds: readonly Tensors[],
  rounded?: Chains,
): Promise<{ proof: SegmentsProof; answers: Tensors[] }> {
  const compare = async (
    chains: Chains,
    optimisation: "all" | "none",
  ): Promise<{ difference: number; answers: Tensors[] }> => {
    const answers = await runChains(engine, [chains.whole], outputs, feeds, optimisation);
    const found = await runChains(engine, chains.parts, outputs, feeds, optimisation).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(
        "ERR_SPLIT_DIFFERS",
        `the segments do not run where the model does: ${error.message}; an operator before or behind the cut gives ` +
          "tensors of another shape for other rows (Squeeze without axes, a Reshape to fixed sizes)",
        { cause: error },
      );
    });
    const differences = feeds.flatMap((_, i) =>
      outputs.map((name) => largestDifference(answers[i]![name]!, found[i]![name]!)),
    );
    return { difference: Math.max(0, ...differences), answers };
  };
  const plain = await compare({ whole, parts }, "none");
  const exact = rounded ? await compare(rounded, "none") : plain;
  const all = plain.answers.flatMap((answers) => outputs.map((name) => magnitude(answers[name]!)));
  return {
    answers: plain.answers,
    proof: {
      exact: exact.difference === 0,
      largestDifference: (await compare({ whole, parts }, "all")).difference,
      largestOutput: Math.max(0, ...all.map(({ largest }) => largest)),
      finite: outputs.length === 0 || all.some(({ finite }) => finite),
    },
  };
}

/** Runs models one after the other, each fed with what it asks for of all that came before. */
export async function runChain(
  engine: Engine,
  models: readonly Loadable[],
  outputs: readonly string[],
  feeds: Tensors,
  optimisation: "all" | "none" = "none",
): Promise<Tensors> {
  return (await runChains(engine, models, outputs, [feeds], optimisation))[0]!;
}

/** The same for several feeds; each model is loaded once. */
async function runChains(
  engine: Engine,
  models: readonly Loadable[],
  outputs: readonly string[],
  feeds: readonly Tensors[],
  optimisation: "all" | "none",
): Promise<Tensors[]> {
  const known = feeds.map((one) => new Map(Object.entries(one)));
  for (const model of models) {
    const session = await engine.load(model, { optimisation });
    try {
      for (const tensors of known) {
        const given = Object.fromEntries(session.inputs.map((name) => [name, tensors.get(name)!]));
        for (const [name, value] of Object.entries(await session.run(given))) tensors.set(name, value);
      }
    } finally {
      await session.release();
    }
  }
  return known.map((tensors) =>
    Object.fromEntries(
      outputs.map((name) => {
        const value = tensors.get(name);
        if (!value) throw internal(`no segment makes the output "${name}"`);
        return [name, value];
      }),
    ),
  );
}

/** As numbers: of half precision a tensor holds the bits. */
function numbersOf({ data, type }: Tensor): Tensor["data"] {
  return type === "float16" ? fromFloat16(data as Uint16Array) : data;
}

function magnitude(of: Tensor): { largest: number; finite: boolean } {
  if (of.type === "string") return { largest: 0, finite: true };
  const data = numbersOf(of);
  let largest = 0;
  let finite = data.length === 0;
  for (const value of data) {
    const size = Math.abs(Number(value));
    if (!Number.isFinite(size)) continue;
    finite = true;
    if (size > largest) largest = size;
  }
  return { largest, finite };
}

/** Infinite where shapes or strings differ or only one of two elements is NaN. */
export function largestDifference(a: Tensor, b: Tensor): number {
  if (a.type !== b.type || a.dims.join() !== b.dims.join()) return Infinity;
  let worst = 0;
  const [own, other] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < own.length; i++) {
    if (Object.is(own[i], other[i])) continue;
    const gap = Math.abs(Number(own[i]) - Number(other[i]));
    // Zeros of different signs are no difference to speak of, but not the same bits either.
    worst = Math.max(worst, Number.isNaN(gap) ? Infinity : gap, gap === 0 ? Number.MIN_VALUE : 0);
  }
  return worst;
}
