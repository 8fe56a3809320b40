/** @file A run of any model: which inputs it has, and what its tensors look like. */
import type { Engine } from "../engine/index.ts";
import { sizeOf, type Tensors } from "../tensor/index.ts";
import { nodeMacs } from "./cost.ts";
import { extractModel } from "./extract.ts";
import { batchSymbol, declaredInputs, feedsFor, sizesFor, type Declared, type Sizes } from "./feeds.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import { serialiseModel } from "./model.ts";
import { observe, observedBytes, type Observations } from "./observe.ts";
import { valueInfo, type ModelProto } from "./proto.ts";
import { singleTensorCuts } from "./cuts.ts";
import { reachBack } from "./separate.ts";
import { usefulCuts, type UsefulOptions } from "./useful-cuts.ts";

export interface Survey {
  model: ModelProto;
  index: GraphIndex;
  /** What is fed, with the names of open dimensions. */
  inputs: Declared[];
  /** Sizes of the open dimensions in the run behind `seen`. */
  sizes: Sizes;
  /** All tensors as seen in one run on random numbers. */
  seen: Observations;
  /** Images at once in that run. */
  rows: number;
  /** What was run in the model's place. */
  probe?: ModelProto;
  /** Random numbers for another run, with that many rows where the batch is free. */
  feeds(rows: number, seed?: string): Tensors;
}

export interface SurveyOptions {
  /** What is run in the model's place: the same without its weights, where these were not read (see `hollow`). */
  probe?: ModelProto;
  /** Sizes beside the batch, where the one input leaves them open. */
  shape?: readonly number[];
}

/** Runs a model of any inputs on random numbers, two rows where the batch is free and the model can run them. */
export async function surveyModel(model: ModelProto, engine: Engine, options: SurveyOptions = {}): Promise<Survey> {
  const index = indexGraph(model.graph!);
  let inputs = declaredInputs(model, index, options.shape);
  const run = async (rows: number): Promise<{ sizes: Sizes; seen: Observations }> => {
    const sizes = sizesFor(inputs, rows, options.shape);
    return { sizes, seen: await observe(options.probe ?? model, engine, feedsFor(inputs, sizes), model) };
  };
  const batch = batchSymbol(inputs);
  let rows = batch === undefined ? 1 : 2;
  let found: { sizes: Sizes; seen: Observations };
  try {
    found = await run(rows);
  } catch (error) {
    // A graph that declares a free batch may still have 1 written into a Reshape.
    if (batch === undefined) throw error;
    rows = 1;
    inputs = inputs.map((input) => ({ ...input, dims: input.dims.map((dim) => (dim === batch ? 1 : dim)) }));
    found = await run(1);
  }
  return {
    model,
    index,
    inputs,
    ...found,
    rows,
    ...(options.probe && { probe: options.probe }),
    feeds: (count, seed) =>
      feedsFor(inputs, { ...found.sizes, ...(rows > 1 && batch !== undefined && { [batch]: count }) }, seed),
  };
}

/**
 * How tensors are declared at a boundary. A second run with other sizes tells which dimensions are open; where a
 * size could not be varied, every dimension that it may have made is left open.
 */
export async function declareTensors(survey: Survey, engine: Engine, names: readonly string[]): Promise<Declared[]> {
  const { model, index, inputs, sizes, seen } = survey;
  const asInput = new Map(inputs.map((input) => [input.name, input]));
  const symbols = Object.keys(sizes);
  const inner = names.filter((name) => !asInput.has(name));
  const batch = batchSymbol(inputs);
  let other: { dims: ReadonlyMap<string, readonly number[]>; sizes: Sizes } | undefined;
  if (inner.length > 0 && symbols.length > 0) {
    const grown = (all: boolean): Sizes =>
      Object.fromEntries(symbols.map((s) => [s, s === batch ? sizes[s]! + 1 : all ? 2 * sizes[s]! : sizes[s]!]));
    const part = extractModel(
      survey.probe ?? model,
      model.graph!.input.filter(({ name }) => asInput.has(name)),
      inner.map((name) => valueInfo(name, seen.get(name)!.type)),
      survey.probe ? undefined : index,
    );
    const session = await engine.load(serialiseModel(part), { optimisation: "none" });
    try {
      for (const next of [grown(true), grown(false)]) {
        if (other) break;
        try {
          const found = await session.run(feedsFor(inputs, next));
          other = { sizes: next, dims: new Map(Object.entries(found).map(([name, { dims }]) => [name, dims])) };
        } catch {
          // Some models take no other size than what they were made for.
        }
      }
    } finally {
      await session.release();
    }
  }
  return names.map((name) => {
    const { type, dims } = seen.get(name)!;
    const again = other?.dims.get(name);
    const stiff = symbols.filter((s) => !other || other.sizes[s] === sizes[s]);
    const dim = (size: number, axis: number): number | string => {
      const next = again?.[axis];
      const open = `${name}_${axis}`;
      if (next !== undefined && next !== size)
        return symbols.find((s) => sizes[s] === size && other!.sizes[s] === next) ?? open;
      const symbol = stiff.find((s) => sizes[s] === size);
      // What could not be varied may hide in any size.
      const doubtful = stiff.some((s) => s !== batch) || (stiff.length > 0 && axis === 0);
      return symbol ?? (doubtful ? open : size);
    };
    return asInput.get(name) ?? { name, type, dims: dims.map(dim) };
  });
}

/** A cut of several tensors with its costs, as `CutCost` gives them for one tensor. */
export interface SetCost {
  tensors: string[];
  /** Per tensor, without the batch dimension. */
  shapes: number[][];
  operators: string[];
  /** What crosses for one image. */
  bytes: number;
  parameters: number;
  parametersTail: number;
  macsHead: number;
  macsTail: number;
  /** Cuts of one block are alternatives: it is counted by the single-tensor cuts before it. */
  block: number;
}

/**
 * The useful cuts of several tensors with their costs; what both sides compute counts on both.
 * @param options `singles`: the cuts of one tensor before them
 */
export function costlyCuts(
  { index, seen, rows }: Survey,
  options: UsefulOptions & { singles?: boolean } = {},
): SetCost[] {
  const bytesOf = (name: string): number | undefined => {
    const found = seen.get(name);
    return found && observedBytes(found) / rows;
  };
  const macs = index.nodes.map((_, i) => (index.live[i]! ? nodeMacs(index, i, seen) / rows : 0));
  const constants = index.nodes.map((_, i) =>
    index.live[i]!
      ? index.reads[i]!.filter((name) => {
          const maker = index.producer.get(name);
          const constant = index.initialisers.has(name) || (maker !== undefined && !index.live[maker]);
          return constant && seen.has(name) && seen.get(name)!.type !== "int64";
        })
      : [],
  );
  const sum = (nodes: readonly number[]): { macs: number; parameters: number } => {
    const names = new Set(nodes.flatMap((i) => constants[i]!));
    let parameters = 0;
    for (const name of names) parameters += sizeOf(seen.get(name)!.dims);
    return { macs: nodes.reduce((total, i) => total + macs[i]!, 0), parameters };
  };
  const singles = (options.singles ? singleTensorCuts(index) : []).flatMap(({ tensor }, block) => {
    const bytes = bytesOf(tensor);
    if (bytes === undefined) return [];
    const head = reachBack(index, [tensor], new Set()).nodes;
    const tail = reachBack(index, index.outputs, new Set([tensor])).nodes;
    return [{ tensors: [tensor], bytes, block, head, tail }];
  });
  return [...singles, ...usefulCuts(index, bytesOf, options)].map(({ tensors, bytes, block, head, tail }) => {
    const [first, last] = [sum(head), sum(tail)];
    return {
      tensors,
      shapes: tensors.map((name) => seen.get(name)!.dims.slice(1)),
      operators: tensors.map((name) => {
        const maker = index.producer.get(name);
        return maker === undefined ? "input" : index.nodes[maker]!.opType;
      }),
      bytes,
      parameters: first.parameters,
      parametersTail: last.parameters,
      macsHead: first.macs,
      macsTail: last.macs,
      block,
    };
  });
}
