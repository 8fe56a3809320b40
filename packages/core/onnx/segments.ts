/** @file Cutting a model in several places: a model per segment, and the proof that together they are the whole. */
import type { Engine } from "../engine/index.ts";
import { InputError, internal } from "../errors/index.ts";
import type { Tensor, Tensors } from "../tensor/index.ts";
import { extractModel } from "./extract.ts";
import type { Declared } from "./feeds.ts";
import { planSegments, type Plan } from "./plan.ts";
import { valueInfo, type ModelProto, type ValueInfoProto } from "./proto.ts";
import { declareTensors, type Survey } from "./survey.ts";

export interface Segments {
  plan: Plan;
  /** One per segment, in the order in which a frame passes them. */
  models: ModelProto[];
  /** Every tensor that is fed, crosses or is answered, as it is declared. */
  declared: Map<string, Declared>;
}

/** Cuts a model at sets of tensors; see `planSegments` for what is legal. Weights are shared with the model. */
export async function splitSegments(
  survey: Survey,
  engine: Engine,
  cuts: readonly (readonly string[])[],
): Promise<Segments> {
  const { model, index, seen } = survey;
  const plan = planSegments(index, cuts);
  for (const name of plan.cuts.flat()) {
    if (seen.has(name)) continue;
    throw new InputError("ERR_CUT_TYPE", `"${name}" is no tensor (a sequence, a map or an optional); cut elsewhere`);
  }
  const own = new Map<string, ValueInfoProto>(
    [...model.graph!.input, ...model.graph!.output].map((info) => [info.name, info]),
  );
  const names = plan.tensors.map(({ name }) => name).filter((name) => seen.has(name));
  const declared = new Map((await declareTensors(survey, engine, names)).map((one) => [one.name, one]));
  const infos = (names: readonly string[]): ValueInfoProto[] =>
    names.map((name) => {
      const known = own.get(name);
      if (known?.type) return known;
      const { type, dims } = declared.get(name)!;
      return valueInfo(name, type, dims);
    });
  const models = plan.segments.map(({ inputs, outputs }) => extractModel(model, infos(inputs), infos(outputs), index));
  return { plan, models, declared };
}

/** A model that an engine can load: its bytes, or its file where weights lie beside it. */
export type Loadable = Uint8Array | string;

export interface SegmentsProof {
  /** Whether every output is equal bit for bit, with the runtime's optimisations off. */
  exact: boolean;
  /** Largest absolute difference, with the optimisations on (they may fuse across a cut). */
  largestDifference: number;
  /** Largest absolute value among the outputs, to judge the difference by. */
  largestOutput: number;
}

/** Runs the whole and the segments one after the other on the same inputs, and compares all outputs. */
export async function proveSegments(
  engine: Engine,
  whole: Loadable,
  parts: readonly Loadable[],
  outputs: readonly string[],
  feeds: Tensors,
): Promise<{ proof: SegmentsProof; answers: Tensors }> {
  const compare = async (optimisation: "all" | "none"): Promise<{ difference: number; answers: Tensors }> => {
    const answers = await runChain(engine, [whole], outputs, feeds, optimisation);
    const found = await runChain(engine, parts, outputs, feeds, optimisation);
    return {
      difference: Math.max(...outputs.map((name) => largestDifference(answers[name]!, found[name]!))),
      answers,
    };
  };
  const plain = await compare("none");
  return {
    answers: plain.answers,
    proof: {
      exact: plain.difference === 0,
      largestDifference: (await compare("all")).difference,
      largestOutput: Math.max(...outputs.map((name) => largestMagnitude(plain.answers[name]!))),
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
  const known: Tensors = { ...feeds };
  for (const model of models) {
    const session = await engine.load(model, { optimisation });
    try {
      const given = Object.fromEntries(session.inputs.map((name) => [name, known[name]!]));
      Object.assign(known, await session.run(given));
    } finally {
      await session.release();
    }
  }
  return Object.fromEntries(
    outputs.map((name) => {
      const value = known[name];
      if (!value) throw internal(`no segment makes the output "${name}"`);
      return [name, value];
    }),
  );
}

function largestMagnitude({ data }: Tensor): number {
  let largest = 0;
  for (const value of data) if (typeof value !== "string") largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}

/** Infinite where shapes or strings differ or only one of two elements is NaN. */
export function largestDifference(a: Tensor, b: Tensor): number {
  if (a.type !== b.type || a.dims.join() !== b.dims.join()) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.data.length; i++) {
    if (Object.is(a.data[i], b.data[i])) continue;
    const gap = Math.abs(Number(a.data[i]) - Number(b.data[i]));
    // Zeros of different signs are no difference to speak of, but not the same bits either.
    worst = Math.max(worst, Number.isNaN(gap) ? Infinity : gap, gap === 0 ? Number.MIN_VALUE : 0);
  }
  return worst;
}
