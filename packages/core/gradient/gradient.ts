/** @file Reverse-mode differentiation as a graph rewrite: adds the nodes that compute gradients. */
import { InputError, internal } from "../errors/index.ts";
import {
  describe,
  fromProto,
  indexGraph,
  type GraphBuilder,
  type GraphIndex,
  type NodeProto,
  type Observations,
} from "../onnx/index.ts";
import type { RuleContext, RuleRow } from "./rule.ts";
import { ruleFor } from "./rules/index.ts";

export interface GradientOptions {
  /** What is differentiated: tensors, each with the name of a tensor of its shape that weighs it (the seed). */
  of: readonly { tensor: string; seed: string }[];
  /** The tensors whose gradients are wanted: anything in the graph, weights included. */
  wrt: readonly string[];
  /** What a run of the model showed; gives ranks, sizes and types. Use a batch of 2 or more where it is free. */
  seen: Observations;
}

export interface Gradients {
  /** By tensor of `wrt`: the name of its gradient, of the tensor's shape. */
  of: Record<string, string>;
  /** Those of `wrt` on which `of` does not depend; their gradients are zeros. */
  independent: string[];
}

/**
 * Extends the builder's graph by the vector-Jacobian products of `of` with their seeds, for every tensor of `wrt`.
 * Only nodes on a path between them are walked, each once, last first.
 *
 * Throws `InputError` naming the node where an operator has no rule or is not differentiable.
 */
export function addGradients(g: GraphBuilder, options: GradientOptions): Gradients {
  const { wrt, seen } = options;
  const index = indexGraph(g.model.graph!);
  const wanted = new Set(wrt);
  checkTargets(index, [...options.of.map(({ tensor }) => tensor), ...wrt], seen);
  const reach = reachable(index, wanted);
  const sums = new Map<string, string[]>();
  for (const { tensor, seed } of options.of) addTo(sums, tensor, seed);
  const total = (tensor: string): string | undefined => {
    const parts = sums.get(tensor);
    if (parts === undefined) return undefined;
    const [first] = parts;
    const sum = parts.length === 1 ? first! : g.op("Sum", parts);
    sums.set(tensor, [sum]);
    return sum;
  };

  for (let i = index.nodes.length - 1; i >= 0; i--) {
    const node = index.nodes[i]!;
    if (!node.output.some((name) => sums.has(name)) || !node.input.some((name) => reach.has(name))) continue;
    g.scope(`grad/${node.output[0]!}/`);
    const row = rowFor(g, node);
    if (row.gradient === "zero") continue;
    const outputs = node.output.map(total);
    const context = contextFor(g, index, node, outputs, reach, seen);
    const gradients = (row.gradient as (c: RuleContext) => (string | undefined)[])(context);
    node.input.forEach((name, k) => {
      const gradient = gradients[k];
      if (gradient === undefined || !reach.has(name)) return;
      addTo(sums, name, row.broadcast ? unbroadcast(g, gradient, node.output[0]!, name, seen) : gradient);
    });
  }

  g.scope("");
  const result: Gradients = { of: {}, independent: [] };
  for (const tensor of wrt) {
    const sum = total(tensor);
    if (sum === undefined) result.independent.push(tensor);
    result.of[tensor] =
      sum === undefined
        ? g.opAs(`grad/${tensor}`, "ConstantOfShape", [g.op("Shape", [tensor])])
        : g.opAs(`grad/${tensor}`, "Identity", [sum]);
  }
  return result;
}

function addTo(sums: Map<string, string[]>, tensor: string, part: string): void {
  const parts = sums.get(tensor);
  if (parts) parts.push(part);
  else sums.set(tensor, [part]);
}

function checkTargets(index: GraphIndex, tensors: readonly string[], seen: Observations): void {
  for (const tensor of tensors) {
    const found = seen.get(tensor);
    if (!found)
      throw new InputError("ERR_TENSOR_UNKNOWN", `the model has no tensor "${tensor}" that was seen in a run`);
    if (found.type !== "float32" && found.type !== "float64") {
      throw new InputError("ERR_GRADIENT", `"${tensor}" holds ${found.type}; gradients exist for float32 and float64`);
    }
  }
}

/** The tensors that depend on `wanted`, themselves included. */
function reachable(index: GraphIndex, wanted: ReadonlySet<string>): Set<string> {
  const reach = new Set(wanted);
  index.nodes.forEach((node, i) => {
    if (index.reads[i]!.some((name) => reach.has(name))) for (const name of node.output) reach.add(name);
  });
  return reach;
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

function contextFor(
  g: GraphBuilder,
  index: GraphIndex,
  node: NodeProto,
  outputs: readonly (string | undefined)[],
  reach: ReadonlySet<string>,
  seen: Observations,
): RuleContext {
  const dims = (tensor: string): readonly number[] => {
    const direct = seen.get(tensor) ?? seen.get(node.output[outputs.indexOf(tensor)] ?? "");
    if (!direct) throw internal(`no shape of "${tensor}"`);
    return direct.dims;
  };
  return {
    node,
    g,
    I: (i) => node.input[i] ?? "",
    O: (i) => node.output[i]!,
    GO: (i) => {
      const gradient = outputs[i];
      if (gradient === undefined) throw internal(`${describe(node)}: output ${i} has no gradient`);
      return gradient;
    },
    needs: (i) => reach.has(node.input[i] ?? ""),
    dims,
    constant: (tensor) => constantNumbers(g, index, tensor),
    addOutput: (i) => {
      const name = node.output[i] || `${node.output[0]!}/output_${i}`;
      while (node.output.length <= i) node.output.push("");
      node.output[i] = name;
      return name;
    },
  };
}

function constantNumbers(g: GraphBuilder, index: GraphIndex, tensor: string): readonly number[] | undefined {
  const stored = g.model.graph!.initializer.find(({ name }) => name === tensor);
  const maker = index.nodes[index.producer.get(tensor) ?? -1];
  const proto =
    stored ?? (maker?.opType === "Constant" ? maker.attribute.find(({ name }) => name === "value")?.t : undefined);
  return proto && Array.from(fromProto(proto).data as BigInt64Array, Number);
}

/** Sums a gradient of the output's shape to the shape of an input that was broadcast. */
function unbroadcast(g: GraphBuilder, gradient: string, output: string, input: string, seen: Observations): string {
  const whole = seen.get(output)!.dims;
  const own = seen.get(input)!.dims;
  const added = whole.length - own.length;
  const axes = whole.flatMap((size, axis) => (axis < added || (own[axis - added] === 1 && size !== 1) ? [axis] : []));
  if (axes.length === 0) return gradient;
  const summed = g.reduceSum(gradient, axes, true);
  return added > 0 ? g.reshapeLike(summed, input) : summed;
}
