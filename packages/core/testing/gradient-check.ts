/** @file Checks a gradient against central differences along random directions. */
import { engine } from "./engine.ts";
import { addGradients, raiseModel } from "../gradient/index.ts";
import {
  createBuilder,
  observe,
  serialiseModel,
  type AttributeValue,
  type GraphBuilder,
  type ModelProto,
} from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { buildModel } from "./models.ts";

type Real = "float32" | "float64";

/** A float32 tensor of uniform numbers in [from, to), the same for the same name. */
export function randomTensor(dims: readonly number[], name: string, from = -1, to = 1): Tensor<"float32"> {
  const random = randomStream(1, name);
  return float32(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => from + (to - from) * random.uniform()),
  );
}

function real(type: Real, dims: readonly number[], data: ArrayLike<number>): Tensor {
  return type === "float32"
    ? { type, dims, data: Float32Array.from(data) }
    : { type, dims, data: Float64Array.from(data) };
}

function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Number(a.data[i]) * Number(b.data[i]);
  return sum;
}

/**
 * With random s and v, compares s . (dy/dx) v as the gradient gives it with (y(x + e v) - y(x - e v)) . s / 2e, which is
 * extrapolated from e and e/2 (Richardson), for each of `wrt`. Gives the largest relative error.
 */
export async function gradientError(
  model: ModelProto,
  feeds: Tensors,
  wrt: readonly string[],
  step = 0.02,
): Promise<number> {
  const output = model.graph!.output[0]!.name;
  const { model: extended, seen } = raiseModel(model, await observe(model, engine, feeds));
  const type: Real = seen.get(output)!.type === "float64" ? "float64" : "float32";
  const seed = real(type, seen.get(output)!.dims, randomTensor(seen.get(output)!.dims, "seed").data);
  const g = createBuilder(extended);
  g.input("seed", type);
  const gradients = addGradients(g, { of: [{ tensor: output, seed: "seed" }], wrt, seen });
  for (const name of Object.values(gradients.of)) g.output(name, type);
  const forward = await engine.load(serialiseModel(model), { optimisation: "none" });
  const both = await engine.load(serialiseModel(extended));
  const found = await both.run({ ...feeds, seed });
  let worst = 0;
  for (const name of wrt) {
    const x = feeds[name]!;
    const direction = randomTensor(x.dims, `direction/${name}`);
    const at = async (e: number): Promise<number> => {
      const moved = real(
        type,
        x.dims,
        Array.from(x.data as Float32Array, (value, i) => value + e * direction.data[i]!),
      );
      return dot((await forward.run({ ...feeds, [name]: moved }))[output]!, seed);
    };
    const difference = async (e: number): Promise<number> => ((await at(e)) - (await at(-e))) / (2 * e);
    const numeric = (4 * (await difference(step / 2)) - (await difference(step))) / 3;
    const gradient = found[gradients.of[name]!]!;
    if (gradient.dims.join() !== x.dims.join()) return Infinity;
    const analytic = dot(gradient, direction);
    // The size that the product of a gradient with a random direction has; by chance it can be near zero.
    const typical = Math.sqrt(
      (dot(gradient, gradient) * dot(direction, direction)) / Math.max(1, direction.data.length),
    );
    const scale = Math.max(Math.abs(numeric), Math.abs(analytic), typical, 1e-3);
    const error = Math.abs(numeric - analytic) / scale;
    // NaN must not pass for small.
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  await Promise.all([forward.release(), both.release()]);
  return worst;
}

/** One operator with its inputs, for a test of its rule. */
export interface OperatorCase {
  operator: string;
  /** Shapes of the inputs that are differentiated. They come first unless `order` says otherwise. */
  inputs: number[][];
  attributes?: Record<string, AttributeValue>;
  /** Bounds of the random inputs. */
  range?: [number, number];
  opset?: number;
  note?: string;
  /** Constants and other inputs behind the differentiated ones: `x0`, `x1`, ... are those, "" one left out. */
  more?: (g: GraphBuilder, type: Real) => string[];
  /** The node's inputs, where the differentiated ones do not come first. */
  order?: (names: string[], more: string[]) => string[];
  outputs?: number;
  /** Which output is differentiated. Default: the first. */
  read?: number;
  domain?: string;
  /** The engine has no float64 kernel for the operator, or the gradient needs one that it has not. */
  only32?: true;
  /** Step of the differences, where inputs may not move far. */
  step?: number;
}

/** The largest relative error of the operator's rule in one type, of one of its outputs. */
export function operatorError(one: OperatorCase, type: Real): Promise<number> {
  const { operator, inputs, attributes, range = [-1, 1], opset = 18 } = one;
  const names = inputs.map((_, i) => `x${i}`);
  const model = buildModel((g) => {
    inputs.forEach((dims, i) => g.input(names[i]!, type, dims));
    const more = one.more?.(g, type) ?? [];
    const all = one.order ? one.order(names, more) : [...names, ...more];
    const results = g.ops(operator, all, one.outputs ?? 1, attributes);
    if (one.domain) g.model.graph!.node.at(-1)!.domain = one.domain;
    g.opAs("y", "Identity", [results[one.read ?? 0]!]);
    g.output("y", type);
  }, opset);
  if (one.domain) model.opsetImport.push({ ...model.opsetImport[0]!, domain: one.domain, version: 1n });
  const feeds = Object.fromEntries(
    inputs.map((dims, i) => [names[i]!, real(type, dims, randomTensor(dims, names[i]!, ...range).data)]),
  );
  return gradientError(model, feeds, names, one.step ?? (type === "float32" ? 0.02 : 1e-3));
}

/** Bounds on the relative error: rounding of differences of float32 numbers allows no less. */
export const tolerance = { float32: 1e-3, float64: 1e-6 } as const;
