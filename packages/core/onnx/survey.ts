/** @file A survey of any model: its inputs, and what all its tensors look like, seen in runs with different sizes. */
import type { Engine, TrialOptions } from "../engine/index.ts";
import type { Tensors } from "../tensor/index.ts";
import { carriedState, type CarriedState } from "./carried.ts";
import { constantTensors, withConstants } from "./constants.ts";
import { declareTensors } from "./declare.ts";
import { fixedRows } from "./rows.ts";
import { stateOf } from "./state.ts";
import { runAll, runsOf } from "./runs.ts";
import { withNearSizes } from "./near-sizes.ts";
import { sizesFirst, withConstantSizes, withDecidedBranches } from "./constant-sizes.ts";
import { declaredInputs, feedsFor, sizesFor, type Declared, type InputOptions, type Sizes } from "./feeds.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import type { Observations } from "./observe.ts";
import { opaqueTensors } from "./opaque.ts";
import type { ModelProto } from "./proto.ts";
import { withSums } from "./sums.ts";
import { troublesOf, type Trouble } from "./troubles.ts";
import { readInputs } from "./unread.ts";

export interface Survey {
  /**
   * The model as it is cut and changed: without inputs that nothing reads or that are given as constants, with constants
   * for what it computes from fixed sizes alone, and with the branch of an If that these decide in its place. It gives
   * what `given` gives.
   */
  model: ModelProto;
  /** The model as it came. */
  given: ModelProto;
  index: GraphIndex;
  /** What is fed, with the names of open dimensions. */
  inputs: Declared[];
  /** Sizes of the open dimensions in the run behind `seen`. */
  sizes: Sizes;
  /** All tensors as seen in one run. */
  seen: Observations;
  /** The same of a run with one row; `seen` where that has one, or none could be made. */
  one: Observations;
  /** Images at once in the run behind `seen`. */
  rows: number;
  /** The batch, where it is free: how large it was in the run behind `seen`, and its name. */
  batch?: { size: number; symbol: string };
  /** Every tensor that was seen, as it is declared where it crosses a cut. */
  declared: ReadonlyMap<string, Declared>;
  /** What is no tensor that can be seen or sent, by name: "a sequence", "bfloat16". */
  opaque: ReadonlyMap<string, string>;
  /** What makes the model give other answers than a person expects: noise, rows that influence each other, NaN. */
  troubles: readonly Trouble[];
  /** What the model carries from step to step: among its inputs and outputs too. */
  state: readonly CarriedState[];
  /** What was fed in place of random numbers. */
  example?: Tensors;
  /**
   * Numbers for another run, with that many rows where the batch is free: random ones, or the example's.
   * @param sizes of open dimensions that are other ones than in the run behind `seen`
   */
  feeds(rows: number, seed?: string, sizes?: Sizes): Tensors;
}

export interface SurveyOptions extends InputOptions, TrialOptions {
  /** What is run in the model's place: the same without its weights, where these were not read (see `hollow`). */
  probe?: ModelProto;
}

/**
 * Runs a model of any inputs, on random numbers unless it is given some: two rows where the batch is free and the model can
 * run them, then one row and other sizes of all that is open, to tell what follows them.
 *
 * @throws InputError where the model cannot be run, with the engine's reason
 */
export async function surveyModel(given: ModelProto, engine: Engine, options: SurveyOptions = {}): Promise<Survey> {
  const model = readInputs(withConstants(given, options));
  const probe = options.probe && readInputs(withConstants(options.probe, options));
  const inputs = declaredInputs(model, indexGraph(model.graph!), options);
  let decided = model;
  let runs = await runAll(model, probe, inputs, engine, options);
  // A branch that takes the place of its If may hold others.
  for (let again = !probe; again;) {
    const next = withDecidedBranches(decided, runsOf(runs));
    again = next !== decided;
    decided = next;
    if (again) runs = await runAll(decided, undefined, inputs, engine, options);
  }
  const { sizes, other, rows, symbol } = runs;

  let index = indexGraph(decided.graph!);
  const open = [...sizes.keys()];
  const varied = open.every(
    (name) => other?.sizes.get(name) !== undefined && other.sizes.get(name) !== sizes.get(name),
  );
  const constant = varied ? withConstantSizes(decided, index, runsOf(runs)) : decided;
  if (constant !== decided) index = indexGraph(constant.graph!);
  const near = withNearSizes(constant, index, runs);
  runs = near.runs;
  if (near.model !== constant) index = indexGraph(near.model.graph!);
  const ordered = sizesFirst(near.model, index);
  if (ordered !== near.model) index = indexGraph(ordered.graph!);
  const { seen, one } = runs;
  const declared = declareTensors(ordered, index, runs);
  const unread = declaredInputs(given, indexGraph(given.graph!), { ...options, example: undefined, shape: undefined });
  const fixed = constantTensors(given, options);
  const spare = unread.filter(({ name }) => !index.inputs.includes(name) && !Object.hasOwn(fixed, name));
  return {
    model: ordered,
    given,
    index,
    inputs: runs.inputs,
    sizes,
    seen,
    one: one ?? seen,
    rows: symbol === undefined ? fixedRows(runs.inputs, index, seen) : rows,
    ...(symbol !== undefined && { batch: { size: rows, symbol } }),
    declared,
    opaque: opaqueTensors(ordered, index),
    troubles: troublesOf(index, runs),
    state: carriedState(stateOf(given.graph!, options.state), runs.inputs, seen, options.state !== undefined),
    ...(options.example && { example: options.example }),
    feeds: (count, seed, other) => {
      const wanted = other ? withSums(new Map([...sizes, ...other])) : new Map(sizes);
      if (symbol !== undefined) wanted.set(symbol, count);
      return {
        ...fixed,
        ...feedsFor(spare, new Map([...sizesFor(spare, 1), ...wanted]), seed),
        ...feedsFor(runs.inputs, wanted, seed, options.example),
      };
    },
  };
}
