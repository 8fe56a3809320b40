/** @file A model in, a model with gradients as further outputs out. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import {
  bodyOf,
  createBuilder,
  firstNotFinite,
  observe,
  valueInfo,
  withDecidedBranches,
  type ModelProto,
  type Observations,
} from "../onnx/index.ts";
import { sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import { runExamples, type Examples } from "./example.ts";
import { addGradients } from "./gradient.ts";
import type { ValueSize } from "./grow.ts";
import { inlineFunctions } from "./inline.ts";
import { raiseModel } from "./raise.ts";

export interface DifferentiateOptions {
  /** The tensor that is differentiated: an output, or any other tensor. */
  of: string;
  /** The tensors by which: inputs, weights, or any others. */
  wrt: readonly string[];
  /** Shapes of inputs with free dimensions beside the leading one, by input. */
  shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Numbers to run the model on in place of random ones, by input: ids and indices that it takes. */
  given?: Tensors | undefined;
  /** Whether activations are computed again for the gradients rather than kept: less memory, more time. Default false. */
  recompute?: boolean;
}

export interface Differentiated {
  /** The model, with an output `grad/<tensor>` for each of `wrt`. */
  model: ModelProto;
  /** By tensor of `wrt`: the output that holds its gradient. */
  gradients: Record<string, string>;
  /** The input that weighs the elements of `of`; absent when `of` is one number. */
  seed?: string;
  /** Those of `wrt` on which `of` does not depend; their gradients are zeros. */
  independent: string[];
  /** Dimensions that stay free, by name. */
  free: string[];
  /** Dimensions inside the model whose sizes its values decide; they stay open too. */
  byValues: readonly ValueSize[];
  /** Random inputs, seed included, on which the model runs. */
  example: Tensors;
}

/**
 * Adds vector-Jacobian products to a model: for each tensor of `wrt` an output `grad/<tensor>`, the gradient of
 * sum(seed * of). One number needs no seed; anything else gets an input `seed/<of>` of its shape. The engine runs the
 * model on random inputs to see shapes. Old operator sets are raised, functions inlined; free dimensions stay free.
 *
 * Throws `InputError` for unknown names, tensors of integers, and operators without a gradient, with their node's name.
 */
export async function differentiate(
  engine: Engine,
  model: ModelProto,
  { of, wrt, shapes, given, recompute }: DifferentiateOptions,
): Promise<Differentiated> {
  const { model: written } = raiseModel(inlineFunctions(model));
  const first = await runExamples(engine, written, { shapes, given });
  // Gradients do not go into branches; one that sizes alone decide stands in place of its If.
  const raised = withDecidedBranches(written, [first.seen, ...first.others.map((other) => other.seen)]);
  const examples = raised === written ? first : await runExamples(engine, raised, { shapes, given });
  const { seen } = examples;
  const others = examples.others.map((other) => other.seen);
  const found = seen.get(of);
  for (const tensor of [of, ...wrt]) if (!seen.has(tensor)) checkOutside(raised, tensor);
  if (!found) throw new InputError("ERR_TENSOR_UNKNOWN", `the model has no tensor "${of}"`);
  if (wrt.length === 0) throw new InputError("ERR_GRADIENT", "expected at least one tensor to differentiate by");
  for (const tensor of new Set(wrt)) {
    if (raised.graph!.output.some(({ name }) => name === `grad/${tensor}`)) {
      throw new InputError("ERR_GRADIENT", `the model already has an output "grad/${tensor}"`);
    }
  }
  const g = createBuilder(raised);
  const declare = (tensor: string): (number | string)[] => freeDims(examples, tensor);
  const scalar = sizeOf(found.dims) === 1 && declare(of).every((dim) => dim === 1);
  const seed = scalar ? undefined : `seed/${of}`;
  const ones = one(found);
  if (seed !== undefined) raised.graph!.input.push(valueInfo(seed, found.type, declare(of)));
  const added = addGradients(g, {
    of: [{ tensor: of, seed: seed ?? g.constant(ones) }],
    wrt: [...new Set(wrt)],
    seen,
    others,
    recompute,
  });
  for (const [tensor, name] of Object.entries(added.of)) g.output(name, seen.get(tensor)!.type, declare(tensor));
  return {
    model: raised,
    gradients: added.of,
    ...(seed !== undefined && { seed }),
    independent: added.independent,
    free: [...examples.free],
    byValues: examples.byValues,
    example: { ...examples.feeds, ...(seed !== undefined && { [seed]: ones }) },
  };
}

/** Throws `InputError` when a tensor lies in the body of an If, a Loop or a Scan, where gradients do not go. */
export function checkOutside(model: ModelProto, tensor: string): void {
  const path = bodyOf(model.graph!.node, tensor);
  if (!path) return;
  throw new InputError(
    "ERR_GRADIENT",
    `"${tensor}" lies in a body of ${path.join(", ")}; gradients do not go into the bodies of control flow`,
  );
}

/** Ones of an observed shape. */
function one({ type, dims }: { type: Tensor["type"]; dims: readonly number[] }): Tensor {
  const size = sizeOf(dims);
  return type === "float64"
    ? { type, dims, data: new Float64Array(size).fill(1) }
    : { type: "float32", dims, data: new Float32Array(size).fill(1) };
}

/** A tensor's dimensions: sizes, and names where they differ between runs. */
function freeDims({ seen, others, declared, free }: Examples, tensor: string): (number | string)[] {
  const own = declared.get(tensor);
  if (own && free.length > 0) return [...own];
  return seen.get(tensor)!.dims.map((size, axis) => {
    for (const other of others) {
      const moved = other.seen.get(tensor)?.dims[axis] ?? size;
      if (moved === size) continue;
      // Names only where there is no doubt which dimension it is.
      const same = [...other.symbols].filter(([, [a, b]]) => a === size && b === moved);
      return same.length === 1 ? same[0]![0] : `${tensor}_dim_${axis}`;
    }
    return size;
  });
}

/**
 * Runs the differentiated model on its example and names the first node that makes a gradient infinite or no number;
 * undefined when all are finite.
 */
export async function firstNotFiniteGradient(engine: Engine, found: Differentiated): Promise<string | undefined> {
  const seen: Observations = await observe(found.model, engine, found.example);
  const bad = Object.values(found.gradients).some((name) => seen.get(name)?.finite === false);
  return bad ? firstNotFinite(found.model, seen) : undefined;
}
