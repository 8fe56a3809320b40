/** @file One training step as one graph: forward, loss, backward, optimiser; its outputs are the new parameters. */
import type { Engine } from "../engine/index.ts";
import { addGradients, layOutConvolutions, observeGrown, raiseModel } from "../gradient/index.ts";
import { copyModel, createBuilder, observe, valueInfo, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";
import type { Loss } from "./objective.ts";
import { optimisers, type OptimiserOptions } from "./optimiser.ts";
import { poolFirst } from "./pool-first.ts";

export interface StepOptions {
  /** The forward graph up to the scalar loss; the parameters are initialisers of it. */
  forward: ModelProto;
  loss: string;
  /** Sums over the batch to report beside the loss. */
  figures: Loss["figures"];
  /** The initialisers that are trained. */
  trained: readonly string[];
  /** New values of running statistics, by the initialiser they replace. */
  updates: ReadonlyMap<string, string>;
  /** A small batch, to see shapes. */
  example: Tensors;
  /** Of every run, where it is known and always the same; some numbers are faster then (multiples of 16 or 8). */
  rows?: number | undefined;
  /** Default: Adam. */
  optimiser?: OptimiserOptions;
  /** Scales the gradients down where their common norm is larger than this. Default: never. */
  clip?: number;
  /** Whether gradients of several runs are added before the parameters move. Default false. */
  accumulate?: boolean;
}

/** The step's graph and the names of what goes in and out beside the batch. */
export interface TrainingStep {
  model: ModelProto;
  loss: string;
  figures: Loss["figures"];
  /** By parameter, statistic or optimiser's slot: the output that holds its new value. All are inputs too. */
  state: ReadonlyMap<string, string>;
  trained: readonly string[];
  /** The part of `state` that every run moves, also where gradients are only added up. */
  statistics: readonly string[];
  /** By input: the output that holds the sum of gradients so far. Empty where a step is one run. */
  sums: ReadonlyMap<string, string>;
  optimiser: OptimiserOptions;
}

/** The scalar by which a run's gradients enter the sum: its share of the step's rows. */
const shareInput = "gradients/share";
const scalarInput = (name: string): string => `optimiser/${name}`;
const slotName = (slot: string, parameter: string): string => `optimiser/${slot}/${parameter}`;
const sumName = (parameter: string): string => `gradients/sum/${parameter}`;

/** Throws `InputError` naming the node where an operator on the way has no gradient. */
export async function buildStep(engine: Engine, options: StepOptions): Promise<TrainingStep> {
  const { forward, loss, figures, trained, updates, example } = options;
  const quick = copyModel(forward);
  poolFirst(quick);
  const { model, seen } = raiseModel(quick, await observe(quick, engine, example));
  const others = (await observeGrown(engine, model, example, seen)).others.map((other) => other.seen);
  const first = createBuilder(model);
  const seed = first.constant(float32(seen.get(loss)!.dims, [1]));
  const gradients = addGradients(first, { of: [{ tensor: loss, seed }], wrt: trained, seen, others, sized: false }).of;
  await layOutConvolutions(engine, model, seen, new Set(trained), example, options.rows);
  // A builder that knows the names that the layout has added.
  const g = createBuilder(model);
  const dimsOf = (name: string): readonly number[] => seen.get(name)!.dims;
  const sums = options.accumulate === true ? addSums(g, gradients, dimsOf) : new Map<string, string>();
  const whole = Object.fromEntries(trained.map((name) => [name, sums.get(sumName(name)) ?? gradients[name]!]));
  const clipped = options.clip === undefined ? whole : addClipping(g, whole, options.clip);
  const optimiser = options.optimiser ?? { kind: "adam" };
  const state = addOptimiser(g, optimiser, clipped, dimsOf);
  for (const [name, tensor] of updates) state.set(name, tensor);
  becomeInputs(model, [...trained, ...updates.keys()]);
  model.graph!.output = [];
  for (const name of new Set([loss, ...Object.values(figures), ...state.values(), ...sums.values()]))
    g.output(name, "float32");
  return { model, loss, figures, state, trained, statistics: [...updates.keys()], sums, optimiser };
}

/** sum' = sum + share * gradient, per parameter. */
function addSums(
  g: GraphBuilder,
  gradients: Record<string, string>,
  dimsOf: (name: string) => readonly number[],
): Map<string, string> {
  g.input(shareInput, "float32", []);
  g.scope("gradients/");
  const sums = new Map<string, string>();
  for (const [name, gradient] of Object.entries(gradients)) {
    const sum = g.input(sumName(name), "float32", dimsOf(name));
    sums.set(sum, g.op("Add", [sum, g.op("Mul", [gradient, shareInput])]));
  }
  g.scope("");
  return sums;
}

/** g' = g min(1, limit / (norm + 1e-6)), the norm over all parameters together. */
function addClipping(g: GraphBuilder, gradients: Record<string, string>, limit: number): Record<string, string> {
  g.scope("clip/");
  const squares = Object.values(gradients).map((name) => g.op("ReduceSumSquare", [name], { keepdims: { int: 0 } }));
  const norm = g.op("Sqrt", [g.op("Sum", squares)]);
  const ratio = g.op("Div", [g.scalar(limit), g.op("Add", [norm, g.scalar(1e-6)])]);
  const factor = g.op("Min", [ratio, g.scalar(1)]);
  const clipped = Object.entries(gradients).map(([name, gradient]) => [name, g.op("Mul", [gradient, factor])] as const);
  g.scope("");
  return Object.fromEntries(clipped);
}

function addOptimiser(
  g: GraphBuilder,
  options: OptimiserOptions,
  gradients: Record<string, string>,
  dimsOf: (name: string) => readonly number[],
): Map<string, string> {
  const row = optimisers[options.kind];
  for (const name of Object.keys(row.scalars(1, 1, options))) g.input(scalarInput(name), "float32", []);
  const state = new Map<string, string>();
  for (const [parameter, gradient] of Object.entries(gradients)) {
    const dims = dimsOf(parameter);
    const slots = row.slots(options).map((slot) => g.input(slotName(slot, parameter), "float32", dims));
    const decay = dims.length >= 2 ? (options.weightDecay ?? 0) : 0;
    g.scope(`optimiser/${parameter}/`);
    const next = row.update(g, { parameter, gradient, state: slots, decay, scalar: scalarInput }, options);
    g.scope("");
    state.set(parameter, next.parameter);
    slots.forEach((slot, i) => state.set(slot, next.state[i]!));
  }
  return state;
}

/** Turns initialisers into inputs, so that each run can give new values. */
export function becomeInputs(model: ModelProto, names: readonly string[]): void {
  const graph = model.graph!;
  const chosen = new Set(names);
  for (const proto of graph.initializer) {
    if (chosen.has(proto.name) && !graph.input.some(({ name }) => name === proto.name)) {
      graph.input.push(valueInfo(proto.name, "float32", proto.dims.map(Number)));
    }
  }
  graph.initializer = graph.initializer.filter(({ name }) => !chosen.has(name));
}

/** What a step is fed at first: the parameters, and an optimiser that has seen nothing. */
export function initialState(step: TrainingStep, parameters: Parameters): Tensors {
  const state: Tensors = {};
  for (const name of step.state.keys()) {
    const value = parameters.get(name);
    if (value !== undefined) state[name] = value;
  }
  for (const name of step.trained) {
    for (const slot of optimisers[step.optimiser.kind].slots(step.optimiser))
      state[slotName(slot, name)] = zerosLike(parameters.get(name)!);
  }
  return state;
}

/** Sums of gradients before a step's first run. */
export function emptySums(step: TrainingStep, state: Tensors): Tensors {
  if (step.sums.size === 0) return {};
  return Object.fromEntries(step.trained.map((name) => [sumName(name), zerosLike(state[name]!)]));
}

/** The scalars of step `done` (from 0) at a learning rate; `share` is the run's part of the step's rows. */
export function stepScalars({ optimiser, sums }: TrainingStep, rate: number, done: number, share = 1): Tensors {
  const values = Object.entries(optimisers[optimiser.kind].scalars(rate, done + 1, optimiser));
  const scalars = Object.fromEntries(values.map(([name, value]) => [scalarInput(name), float32([], [value])]));
  return sums.size === 0 ? scalars : { ...scalars, [shareInput]: float32([], [share]) };
}

function zerosLike({ dims, data }: Tensor): Tensor<"float32"> {
  return float32(dims, new Float32Array(data.length));
}
