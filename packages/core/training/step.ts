/** @file One training step as one graph: forward, loss, backward, Adam; its outputs are the new parameters. */
import type { Engine } from "../engine/index.ts";
import { addGradients, foldSmallConvolutions, raiseModel } from "../gradient/index.ts";
import { createBuilder, observe, valueInfo, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensors } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";

export interface StepOptions {
  /** The forward graph up to the scalar loss; the parameters are initialisers of it. */
  forward: ModelProto;
  loss: string;
  /** Scalars to report beside the loss. */
  metrics: readonly string[];
  /** The initialisers that are trained. */
  trained: readonly string[];
  /** New values of running statistics, by the initialiser they replace. */
  updates: ReadonlyMap<string, string>;
  /** A small batch, to see shapes. */
  example: Tensors;
  beta1?: number;
  beta2?: number;
  /** L2 decay, decoupled from the gradient (AdamW). Default 0. */
  weightDecay?: number;
}

/** The step's graph and the names of what goes in and out beside the batch. */
export interface TrainingStep {
  model: ModelProto;
  loss: string;
  metrics: readonly string[];
  /** By parameter or moment: the output that holds its new value. All are inputs too. */
  state: ReadonlyMap<string, string>;
  trained: readonly string[];
}

/** Adam's scalar inputs: the step size and epsilon, both corrected for the moments' start at zero. */
export const stepSizeInput = "adam/step-size";
export const epsilonInput = "adam/epsilon";

/** m' = b1 m + (1 - b1) g;  v' = b2 v + (1 - b2) g^2;  p' = p - a (m' / (sqrt v' + e) + d p)  (Kingma and Ba, 2015) */
export async function buildStep(engine: Engine, options: StepOptions): Promise<TrainingStep> {
  const { forward, loss, metrics, trained, updates, example } = options;
  const { model, seen } = raiseModel(forward, await observe(forward, engine, example));
  const g = createBuilder(model);
  const seed = g.constant(float32(seen.get(loss)!.dims, [1]));
  const gradients = addGradients(g, { of: [{ tensor: loss, seed }], wrt: trained, seen });
  foldSmallConvolutions(model, seen, new Set(trained));
  g.input(stepSizeInput, "float32", []);
  g.input(epsilonInput, "float32", []);
  const state = new Map<string, string>();
  for (const name of trained) {
    const dims = seen.get(name)!.dims;
    const [m, v] = [momentName(name, 1), momentName(name, 2)];
    g.input(m, "float32", dims);
    g.input(v, "float32", dims);
    addAdam(g, name, gradients.of[name]!, options, state);
  }
  for (const [name, tensor] of updates) state.set(name, tensor);
  becomeInputs(model, [...trained, ...updates.keys()]);
  model.graph!.output = [];
  for (const name of [loss, ...metrics, ...state.values()]) g.output(name, "float32");
  return { model, loss, metrics, state, trained };
}

function addAdam(
  g: GraphBuilder,
  name: string,
  gradient: string,
  options: StepOptions,
  state: Map<string, string>,
): void {
  const { beta1 = 0.9, beta2 = 0.999, weightDecay = 0 } = options;
  const [m, v] = [momentName(name, 1), momentName(name, 2)];
  g.scope(`adam/${name}/`);
  const blend = (old: string, fresh: string, beta: number): string =>
    g.op("Add", [g.op("Mul", [old, g.scalar(beta)]), g.op("Mul", [fresh, g.scalar(1 - beta)])]);
  const m1 = blend(m, gradient, beta1);
  const v1 = blend(v, g.op("Mul", [gradient, gradient]), beta2);
  let direction = g.op("Div", [m1, g.op("Add", [g.op("Sqrt", [v1]), epsilonInput])]);
  if (weightDecay > 0) direction = g.op("Add", [direction, g.op("Mul", [name, g.scalar(weightDecay)])]);
  state.set(name, g.op("Sub", [name, g.op("Mul", [direction, stepSizeInput])]));
  state.set(m, m1);
  state.set(v, v1);
  g.scope("");
}

export function momentName(parameter: string, order: 1 | 2): string {
  return `adam/m${order}/${parameter}`;
}

/** Turns initialisers into inputs, so that each run can give new values. */
function becomeInputs(model: ModelProto, names: readonly string[]): void {
  const graph = model.graph!;
  const chosen = new Set(names);
  for (const proto of graph.initializer) {
    if (chosen.has(proto.name) && !graph.input.some(({ name }) => name === proto.name)) {
      graph.input.push(valueInfo(proto.name, "float32", proto.dims.map(Number)));
    }
  }
  graph.initializer = graph.initializer.filter(({ name }) => !chosen.has(name));
}

/** What a step is fed at first: the parameters, and moments of zero. */
export function initialState(step: TrainingStep, parameters: Parameters): Tensors {
  const state: Tensors = {};
  for (const name of step.state.keys()) {
    const value = parameters.get(name);
    if (value !== undefined) state[name] = value;
  }
  for (const name of step.trained) {
    const value = parameters.get(name)!;
    for (const order of [1, 2] as const)
      state[momentName(name, order)] = float32(value.dims, new Float32Array(value.data.length));
  }
  return state;
}
