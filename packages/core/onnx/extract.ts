/** @file Taking a part of a model out as a model of its own. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import { indexGraph, type GraphIndex } from "./graph.ts";
import { withFields, type ModelProto, type NodeProto, type ValueInfoProto } from "./proto.ts";

/**
 * The part of a model that computes `outputs` from `inputs`: exactly the nodes and initialisers needed, with the
 * operator sets, functions, metadata and known shapes of the whole. Weights are shared with the whole, not copied.
 *
 * Throws `InputError` when something else than `inputs` is needed; the message names a tensor that goes around them.
 */
export function extractModel(
  model: ModelProto,
  inputs: readonly ValueInfoProto[],
  outputs: readonly ValueInfoProto[],
  index: GraphIndex = indexGraph(model.graph!),
): ModelProto {
  const graph = model.graph!;
  const given = new Set(inputs.map(({ name }) => name));
  const wanted = new Set(outputs.map(({ name }) => name));
  const taken: number[] = [];
  for (let i = index.nodes.length - 1; i >= 0; i--) {
    const node = index.nodes[i]!;
    if (!node.output.some((name) => wanted.has(name) && !given.has(name))) continue;
    taken.push(i);
    for (const name of index.reads[i]!) wanted.add(name);
  }
  const missing = index.inputs.find((name) => wanted.has(name) && !given.has(name));
  if (missing !== undefined) {
    throw new InputError(
      "ERR_CUT_NOT_SEPARATING",
      `cutting at ${list(given)} does not separate: ${list(outputs.map(({ name }) => name))} also needs "${missing}"`,
    );
  }
  const made = new Set(taken.flatMap((i) => index.nodes[i]!.output));
  const boundary = new Set([...given, ...outputs.map(({ name }) => name)]);
  return withFields(model, {
    // It speaks of tensors by name, and a part has not all of them.
    trainingInfo: [],
    // Before IR 4 every initialiser had to be an input too; here only what crosses is one.
    irVersion: model.irVersion < 4n ? 4n : model.irVersion,
    graph: create(GraphProtoSchema, {
      name: graph.name,
      docString: graph.docString,
      metadataProps: graph.metadataProps,
      node: taken.reverse().map((i) => withoutGiven(index.nodes[i]!, given)),
      initializer: graph.initializer.filter(({ name }) => wanted.has(name) && !given.has(name)),
      sparseInitializer: graph.sparseInitializer.filter(({ values }) => wanted.has(values?.name ?? "")),
      quantizationAnnotation: graph.quantizationAnnotation.filter(({ tensorName }) => made.has(tensorName)),
      input: [...inputs],
      output: [...outputs],
      valueInfo: [...graph.valueInfo, ...graph.output].filter(
        ({ name }) => (made.has(name) || wanted.has(name)) && !boundary.has(name),
      ),
    }),
  });
}

/** Ends the name of an output that is made a second time and not read. */
export const again = "/again";

/** A node run again for one of its outputs, while another one is given: that one needs a name of its own. */
function withoutGiven(node: NodeProto, given: ReadonlySet<string>): NodeProto {
  if (!node.output.some((name) => given.has(name))) return node;
  const output = node.output.map((name) => (given.has(name) ? `${name}${again}` : name));
  return withFields(node, { output });
}

function list(names: Iterable<string>): string {
  return [...names].map((name) => `"${name}"`).join(", ");
}
