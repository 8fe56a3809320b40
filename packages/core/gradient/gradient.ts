/** @file Reverse-mode differentiation as a graph rewrite: adds the nodes that compute gradients. */
import { InputError, internal } from "../errors/index.ts";
import {
  describe,
  indexGraph,
  opaqueTensors,
  type GraphBuilder,
  type NodeProto,
  type Observations,
} from "../onnx/index.ts";
import { contextFor, fixedDims, liveTensors, lookUp, typedZeros, valuedTensors, type Knowledge } from "./context.ts";
import { expectedOpset } from "./raise.ts";
import { recomputeActivations, type Step } from "./recompute.ts";
import type { RuleContext, RuleRow } from "./rule.ts";
import { ruleFor } from "./rules/index.ts";

export interface GradientOptions {
  /** What is differentiated: tensors, each with the name of a tensor of its shape that weighs it (the seed). */
  of: readonly { tensor: string; seed: string }[];
  /** The tensors whose gradients are wanted: anything in the graph, weights included. */
  wrt: readonly string[];
  /** What a run of the model showed; gives ranks, sizes and types. Use a batch of 2 or more where it is free. */
  seen: Observations;
  /** Runs with other sizes. */
  others?: readonly Observations[] | undefined;
  /** Whether they vary every size that may differ at run time; else leading axes may too. Default: if there are any. */
  sized?: boolean | undefined;
  /** Whether activations are computed again for the gradients rather than kept (see recompute.ts). Default false. */
  recompute?: boolean | undefined;
}

export interface Gradients {
  /** By tensor of `wrt`: the name of its gradient, of the tensor's shape. */
  of: Record<string, string>;
  /** Those of `wrt` on which `of` does not depend; their gradients are zeros. */
  independent: string[];
}

/**
 * Extends the builder's graph by the vector-Jacobian products of `of` with their seeds, for every tensor of `wrt`.
 * Only nodes on a path between them are walked, each once, last first. The model must be raised (see `raiseModel`).
 *
 * Throws `InputError` naming the node where an operator has no rule or is not differentiable.
 */
export function addGradients(g: GraphBuilder, options: GradientOptions): Gradients {
  const { wrt, seen } = options;
  if (g.opset < expectedOpset) throw internal(`gradients of a model of operator set ${g.opset}, which was not raised`);
  checkTargets([...options.of.map(({ tensor }) => tensor), ...wrt], seen);
  const index = indexGraph(g.model.graph!);
  const reach = new Set(wrt);
  index.nodes.forEach((node, i) => {
    if (index.reads[i]!.some((name) => reach.has(name))) for (const name of node.output) if (name) reach.add(name);
  });
  const live = liveTensors(index);
  const opaque = opaqueTensors(g.model, index);
  const { others = [], sized = others.length > 0 } = options;
  const known: Knowledge = { g, index, seen, others, sized, reach, live, valued: valuedTensors(index, live) };
  const sums = new Map<string, string[]>();
  for (const { tensor, seed } of options.of) addTo(sums, tensor, seed);
  const total = (tensor: string): string | undefined => {
    const parts = sums.get(tensor);
    if (parts === undefined) return undefined;
    const sum = parts.length === 1 ? parts[0]! : g.op("Sum", parts);
    sums.set(tensor, [sum]);
    return sum;
  };

  const steps: Step[] = [];
  for (let i = index.nodes.length - 1; i >= 0; i--) {
    const node = index.nodes[i]!;
    if (!node.output.some((name) => sums.has(name)) || !index.reads[i]!.some((name) => reach.has(name))) continue;
    g.scope(`grad/${node.output.find((name) => name !== "")!}/`);
    const row = rowFor(g, node);
    if (row.gradient === "zero") continue;
    checkPrecision(node, seen, opaque);
    const start = g.model.graph!.node.length;
    const arriving = node.output.map(total);
    const arrived = g.model.graph!.node.length;
    const context = contextFor(known, node, arriving);
    const gradients = (row.gradient as (c: RuleContext) => (string | undefined)[])(context);
    const final: string[] = [];
    node.input.forEach((name, k) => {
      const gradient = gradients[k];
      if (gradient === undefined || !reach.has(name)) return;
      const part = row.broadcast ? unbroadcast(known, gradient, node.output[0]!, name) : gradient;
      addTo(sums, name, part);
      if (!index.producer.has(name)) final.push(part);
    });
    const nodes = g.model.graph!.node;
    steps.push({
      node: i,
      arriving: arriving.find((gradient) => gradient !== undefined)!,
      sums: nodes.slice(start, arrived),
      added: nodes.slice(arrived),
      final,
    });
  }

  g.scope("");
  if (options.recompute) recomputeActivations(known, steps);
  const result: Gradients = { of: {}, independent: [] };
  for (const tensor of wrt) {
    const sum = total(tensor);
    if (sum === undefined) result.independent.push(tensor);
    const last = sum ?? typedZeros(g, lookUp(known, tensor).type, tensor);
    result.of[tensor] = g.opAs(`grad/${tensor}`, "Identity", [last]);
  }
  return result;
}

function addTo(sums: Map<string, string[]>, tensor: string, part: string): void {
  const parts = sums.get(tensor);
  if (parts) parts.push(part);
  else sums.set(tensor, [part]);
}

function checkTargets(tensors: readonly string[], seen: Observations): void {
  for (const tensor of tensors) {
    const found = seen.get(tensor);
    if (!found)
      throw new InputError("ERR_TENSOR_UNKNOWN", `the model has no tensor "${tensor}" that was seen in a run`);
    if (found.type !== "float32" && found.type !== "float64") {
      throw new InputError("ERR_GRADIENT", `"${tensor}" holds ${found.type}; gradients exist for float32 and float64`);
    }
  }
}

/** Rules compute in single or double precision, and need sizes, which nobody sees of what engines keep inside. */
function checkPrecision(node: NodeProto, seen: Observations, opaque: ReadonlyMap<string, string>): void {
  const names = [...node.output, ...node.input];
  const half = names.find((name) => seen.get(name)?.type === "float16" || opaque.has(name));
  if (half === undefined) return;
  throw new InputError(
    "ERR_GRADIENT",
    `${describe(node)}: "${half}" holds ${opaque.get(half) ?? "float16"}; gradients exist for float32 and float64, export the model in one of them`,
  );
}

function rowFor(g: GraphBuilder, node: NodeProto): RuleRow {
  const row = ruleFor(node.domain, node.opType, g.opset);
  if (!row) {
    throw new InputError(
      "ERR_GRADIENT_OPERATOR",
      `no gradient rule for ${node.domain && `${node.domain}.`}${describe(node)}`,
    );
  }
  if (typeof row.gradient === "object") {
    throw new InputError("ERR_GRADIENT_OPERATOR", `${describe(node)} has no gradient: ${row.gradient.refused}`);
  }
  return row;
}

/** Sums a gradient of the output's shape to the shape of an input that was broadcast. */
function unbroadcast(known: Knowledge, gradient: string, output: string, input: string): string {
  const { g } = known;
  const whole = lookUp(known, output).dims;
  const own = lookUp(known, input).dims;
  const free = fixedDims(known, output);
  const added = whole.length - own.length;
  const sized = fixedDims(known, input);
  const axes = whole.flatMap((size, axis) => {
    if (axis < added) return [axis];
    if (own[axis - added] !== 1) return [];
    // A size of 1 on both sides hides a broadcast when only the output's may differ in another run.
    return size !== 1 || (free[axis] === undefined && sized[axis - added] === 1) ? [axis] : [];
  });
  if (axes.length === 0) return gradient;
  const summed = g.reduceSum(gradient, axes, true);
  return added > 0 ? g.reshapeLike(summed, input) : summed;
}
