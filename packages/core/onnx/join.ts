/** @file Composing segments of one model to a model again. */
import { toBinary } from "@bufbuild/protobuf";
import {
  FunctionProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
  type SparseTensorProto,
} from "onnx-buf";
import { InputError } from "../errors/index.ts";
import { again } from "./extract.ts";
import { indexGraph } from "./graph.ts";
import { withFields, type ModelProto, type NodeProto, type TensorProto, type ValueInfoProto } from "./proto.ts";

export interface Segment {
  /** Named in errors. */
  file: string;
  model: ModelProto;
}

/**
 * Joins segments along the names of their tensors. What several of them hold (shared weights, nodes computed again on
 * both sides) is taken once, and has to be the same.
 *
 * @throws InputError `ERR_JOIN` when segments contradict each other or something is missing.
 */
export function joinSegments(
  segments: readonly Segment[],
  inputs: readonly string[],
  outputs: readonly string[],
): ModelProto {
  const nodes: NodeProto[] = [];
  const makers = new Map<string, { node: NodeProto; file: string }>();
  const initialisers = new Map<string, { tensor: TensorProto; file: string }>();
  const sparse = new Map<string, SparseTensorProto>();
  const functions = new Map<string, ModelProto["functions"][number]>();
  const opsets = new Map<string, { proto: ModelProto["opsetImport"][number]; file: string }>();
  const known = new Map<string, ValueInfoProto>();
  const metadata = new Map<string, ModelProto["metadataProps"][number]>();
  const [first] = segments;
  if (!first) throw new InputError("ERR_JOIN", "expected at least one segment, got none");

  for (const { file, model } of segments) {
    const graph = model.graph!;
    for (const part of graph.node) {
      const node = underOwnNames(part, makers);
      const before = node.output.map((name) => (name === "" ? undefined : makers.get(name))).find(Boolean);
      if (before) {
        if (same(toBinary(NodeProtoSchema, before.node), toBinary(NodeProtoSchema, node))) continue;
        throw differ("the tensor", node.output[0]!, before.file, file);
      }
      nodes.push(node);
      for (const name of node.output) makers.set(name, { node, file });
    }
    for (const tensor of graph.initializer) {
      const before = initialisers.get(tensor.name);
      if (before && !sameTensor(before.tensor, tensor)) throw differ("the initialiser", tensor.name, before.file, file);
      if (!before) initialisers.set(tensor.name, { tensor, file });
    }
    for (const tensor of graph.sparseInitializer) {
      const name = tensor.values?.name ?? "";
      const before = sparse.get(name);
      const bytes = (one: SparseTensorProto): Uint8Array => toBinary(SparseTensorProtoSchema, one);
      if (before && !same(bytes(before), bytes(tensor))) throw differ("the sparse initialiser", name, first.file, file);
      sparse.set(name, tensor);
    }
    for (const one of model.functions) {
      const key = `${one.domain}/${one.name}/${one.overload}`;
      const before = functions.get(key);
      if (before && !same(toBinary(FunctionProtoSchema, before), toBinary(FunctionProtoSchema, one)))
        throw differ("the function", one.name, first.file, file);
      functions.set(key, one);
    }
    for (const proto of model.opsetImport) {
      const before = opsets.get(proto.domain);
      if (before && before.proto.version !== proto.version)
        throw differ("the operator set of domain", proto.domain, before.file, file);
      if (!before) opsets.set(proto.domain, { proto, file });
    }
    for (const info of [...graph.valueInfo, ...graph.input, ...graph.output]) known.set(info.name, info);
    for (const pair of model.metadataProps) metadata.set(pair.key, pair);
  }
  const info = (name: string, kind: string): ValueInfoProto => {
    const found = known.get(name);
    if (!found) throw new InputError("ERR_JOIN", `no segment declares the model's ${kind} "${name}"`);
    return found;
  };
  const boundary = new Set([...inputs, ...outputs]);
  const graph = withFields(first.model.graph!, {
    node: nodes,
    initializer: [...initialisers.values()].map(({ tensor }) => tensor),
    sparseInitializer: [...sparse.values()],
    input: inputs.map((name) => info(name, "input")),
    output: outputs.map((name) => info(name, "output")),
    valueInfo: [...known.values()].filter(({ name }) => !boundary.has(name) && makers.has(name)),
    quantizationAnnotation: segments.flatMap(({ model }) => model.graph!.quantizationAnnotation),
  });
  try {
    // Missing parts and cycles are found here; the order is one in which nodes can run.
    graph.node = [...indexGraph(graph).nodes];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError("ERR_JOIN", `the segments do not fit together: ${error.message}`, { cause: error });
  }
  return withFields(first.model, {
    irVersion: segments.reduce((most, { model }) => (model.irVersion > most ? model.irVersion : most), 0n),
    functions: [...functions.values()],
    opsetImport: [...opsets.values()].map(({ proto }) => proto),
    metadataProps: [...metadata.values()],
    graph,
  });
}

/** A node that was run again for one of its outputs, with the names that its outputs had; see `extractModel`. */
function underOwnNames(node: NodeProto, makers: ReadonlyMap<string, unknown>): NodeProto {
  const own = (name: string): string => {
    const stem = name.endsWith(again) ? name.slice(0, -again.length) : name;
    return makers.has(stem) ? stem : name;
  };
  return node.output.some((name) => own(name) !== name) ? withFields(node, { output: node.output.map(own) }) : node;
}

function differ(kind: string, name: string, a: string, b: string): InputError {
  return new InputError("ERR_JOIN", `${kind} "${name}" is not the same in ${a} and ${b}; they are not of one model`);
}

function sameTensor(a: TensorProto, b: TensorProto): boolean {
  if (a === b) return true;
  if (a.rawData.length !== b.rawData.length || !same(a.rawData, b.rawData)) return false;
  const bare = (one: TensorProto): Uint8Array =>
    toBinary(TensorProtoSchema, withFields(one, { rawData: new Uint8Array(), externalData: [] }));
  return same(bare(a), bare(b));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
