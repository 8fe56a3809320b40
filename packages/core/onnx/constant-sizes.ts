/** @file What a graph computes from sizes that are fixed, put in as constants; what depends on open sizes, computed first. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, NodeProtoSchema } from "onnx-buf";
import { tensor, type Tensor, type TensorType } from "../tensor/index.ts";
import { describe, indexGraph, subgraphs, type GraphIndex } from "./graph.ts";
import { copyModel } from "./model.ts";
import type { Observations } from "./observe.ts";
import { AttributeType, makeNode, withFields, type GraphProto, type ModelProto, type NodeProto } from "./proto.ts";
import { sizeFlow } from "./size-flow.ts";

/**
 * The same model with constants for what it computes from fixed sizes alone, such as the height and width to which a
 * segmentation network enlarges its map: without them a path leads from the image around every cut. Decided is what came
 * out the same in every run, whatever sizes were varied.
 * @param runs with different sizes of all that is open
 */
export function withConstantSizes(model: ModelProto, index: GraphIndex, runs: readonly Observations[]): ModelProto {
  const { values } = sizeFlow(model, index);
  const constant = (name: string): Tensor | undefined => {
    const maker = index.producer.get(name);
    if (maker === undefined || !index.live[maker] || values.has(name)) return undefined;
    return sameValues(name, runs);
  };
  const made = new Map<number, Map<string, Tensor>>();
  index.nodes.forEach((node, i) => {
    if (!index.live[i]) return;
    // What is read only to make other constants needs none itself.
    const passed = node.output.every((name) => name === "" || constant(name)) && subgraphs(node).length === 0;
    if (passed) return;
    for (const name of index.reads[i]!) {
      const value = constant(name);
      if (!value) continue;
      const maker = index.producer.get(name)!;
      made.set(maker, (made.get(maker) ?? new Map<string, Tensor>()).set(name, value));
    }
  });
  if (made.size === 0) return model;
  const copy = copyModel(model);
  copy.graph!.node = index.nodes.flatMap((node, i) => {
    const found = made.get(i);
    if (!found) return [node];
    const constants = [...found].map(([name, value]) => makeNode("Constant", [], [name], { value: { tensor: value } }));
    const rest = node.output.map((name) => (found.has(name) ? "" : name));
    return rest.every((name) => name === "") ? constants : [...constants, withFields(node, { output: rest })];
  });
  return copy;
}

function sameValues(name: string, runs: readonly Observations[]): Tensor | undefined {
  const [first, ...others] = runs.map((seen) => seen.get(name));
  const values = first?.values;
  if (!first || !values || !values.every((value) => Number.isSafeInteger(value))) return undefined;
  const same = others.every(
    (other) => other?.values?.join() === values.join() && other.dims.join() === first.dims.join(),
  );
  return same ? storedInts(first.type, first.dims, values) : undefined;
}

function storedInts(type: TensorType, dims: readonly number[], values: readonly number[]): Tensor | undefined {
  switch (type) {
    case "int64":
      return tensor(type, dims, BigInt64Array.from(values, BigInt));
    case "int32":
      return tensor(type, dims, Int32Array.from(values));
    case "bool":
      return tensor(type, dims, Uint8Array.from(values));
    default:
      return undefined;
  }
}

/**
 * The same model with the nodes that compute from sizes alone as early as they can run: along the order then the sizes
 * are what is open, and not the image that they are taken from.
 */
export function sizesFirst(model: ModelProto, index: GraphIndex): ModelProto {
  const { values } = sizeFlow(model, index);
  const light = index.nodes.map((node, i) => index.live[i] === true && node.output.every((name) => !values.has(name)));
  if (!light.includes(true)) return model;
  const order: number[] = [];
  const placed = new Set<number>();
  const ready = (i: number): boolean =>
    index.reads[i]!.every((name) => {
      const maker = index.producer.get(name);
      return maker === undefined || placed.has(maker);
    });
  const place = (i: number): void => {
    // Constants that a size needs may stand anywhere before it.
    const stack = [i];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (placed.has(at)) continue;
      placed.add(at);
      order.push(at);
      for (const name of index.nodes[at]!.output)
        for (const reader of index.consumers.get(name) ?? []) if (light[reader] && ready(reader)) stack.push(reader);
    }
  };
  index.nodes.forEach((_, i) => {
    if (!index.live[i]) place(i);
  });
  index.nodes.forEach((_, i) => {
    if (light[i] && ready(i)) place(i);
  });
  index.nodes.forEach((_, i) => place(i));
  const copy = copyModel(model);
  copy.graph!.node = order.map((i) => index.nodes[i]!);
  return copy;
}

/**
 * The same model without an If whose condition is made of sizes alone (exporters write one for squeezing): the branch
 * that every run took stands in its place. Its tensors are new, so a model that differs has to be seen again.
 *
 * @returns the model itself where nothing was to be decided
 */
export function withDecidedBranches(model: ModelProto, runs: readonly Observations[]): ModelProto {
  const index = indexGraph(model.graph!);
  const { values } = sizeFlow(model, index);
  let decided = false;
  const defined = definitions(model.graph!);
  const node = index.nodes.flatMap((node, i) => {
    const [condition = ""] = node.input;
    if (node.opType !== "If" || node.domain !== "" || !index.live[i] || values.has(condition)) return [node];
    const [value] = sameValues(condition, runs)?.data ?? [];
    const wanted = value === undefined ? undefined : value ? "then_branch" : "else_branch";
    const branch = node.attribute.find(({ name }) => name === wanted)?.g;
    if (!branch) return [node];
    decided = true;
    return inPlace(node, branch, defined);
  });
  if (!decided) return model;
  const copy = copyModel(model);
  copy.graph!.node = node;
  return copy;
}

/** How often each name is given to a tensor, in the graph and in all bodies. */
function definitions(graph: GraphProto, found = new Map<string, number>()): Map<string, number> {
  const { input, initializer, node } = graph;
  const names = [...[...input, ...initializer].map(({ name }) => name), ...node.flatMap(({ output }) => output)];
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  for (const body of node.flatMap(subgraphs)) definitions(body, found);
  return found;
}

/**
 * The nodes of a branch, and its results under the names of the If's outputs. Where another tensor of the model has the
 * same name, the branch's own is told apart by that of the If.
 */
function inPlace(node: NodeProto, branch: GraphProto, defined: ReadonlyMap<string, number>): NodeProto[] {
  const prefix = `${node.output.find((name) => name !== "") ?? describe(node)}/`;
  const inner = new Set([
    ...branch.node.flatMap(({ output }) => output),
    ...branch.initializer.map(({ name }) => name),
  ]);
  const own = (name: string): string =>
    inner.has(name) && name !== "" && defined.get(name)! > 1 ? `${prefix}${name}` : name;
  const constants = branch.initializer.map((proto) => {
    const value = create(AttributeProtoSchema, { name: "value", type: AttributeType.TENSOR, t: proto });
    return create(NodeProtoSchema, { opType: "Constant", output: [own(proto.name)], attribute: [value] });
  });
  const nodes = branch.node.map((one) => renamed(one, own));
  const results = branch.output.map(({ name }, i) => makeNode("Identity", [own(name)], [node.output[i] ?? ""]));
  return [...constants, ...nodes, ...results.filter(({ output }) => output[0] !== "")];
}

/** A node that reads and makes tensors under other names, in its bodies too where they capture them. */
function renamed(node: NodeProto, own: (name: string) => string): NodeProto {
  const attribute = node.attribute.map((one) =>
    one.g || one.graphs.length > 0
      ? withFields(one, {
          ...(one.g && { g: capturing(one.g, own) }),
          graphs: one.graphs.map((body) => capturing(body, own)),
        })
      : one,
  );
  return withFields(node, { input: node.input.map(own), output: node.output.map(own), attribute });
}

function capturing(body: GraphProto, own: (name: string) => string): GraphProto {
  const defined = new Set([
    ...[...body.input, ...body.initializer].map(({ name }) => name),
    ...body.node.flatMap(({ output }) => output),
  ]);
  const outer = (name: string): string => (defined.has(name) ? name : own(name));
  return withFields(body, {
    node: body.node.map((one) => renamed(one, outer)),
    output: body.output.map((info) => withFields(info, { name: outer(info.name) })),
  });
}
