/** @file A graph that is written again, some of its tensors in the channel-blocked layout of ONNX Runtime. */
import { create } from "@bufbuild/protobuf";
import { OperatorSetIdProtoSchema } from "onnx-buf";
import {
  makeNode,
  toProto,
  type AttributeValue,
  type ModelProto,
  type NodeProto,
  type Observations,
} from "../../onnx/index.ts";
import { int64, type Tensor } from "../../tensor/index.ts";

/** ONNX Runtime's own operators on tensors [N, C / block, H, W, block], MLAS's NCHWc; it counts them as [N, C, H, W]. */
export const domain = "com.microsoft.nchwc";

export interface BlockedWriter {
  /** Adds a node of ONNX whose output has this name, and gives the name. */
  add(opType: string, inputs: readonly string[], output: string, attributes?: Record<string, AttributeValue>): string;
  /** The same for a node of the engine's own. */
  addOwn(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes?: Record<string, AttributeValue>,
  ): string;
  /** Adds a node with the attributes of another. */
  again(node: NodeProto, inputs: readonly string[], output: string): NodeProto;
  /** Adds a constant unless there is one of this name, and gives the name. */
  constant(value: Tensor, name: string): string;
  /** Gives the name of a constant with these sizes. */
  shape(dims: readonly number[]): string;
  /** Says that a tensor is to be had in blocks, and gives the name of those. */
  setBlocked(name: string): string;
  isBlocked(name: string): boolean;
  /** The blocks of a tensor, made where there are none. */
  blocks(name: string): string;
  /** Adds a node as it is, and makes the plain form of what it reads. */
  keep(node: NodeProto): void;
  /** Makes the plain form of a tensor. */
  plain(name: string): void;
}

/** Takes the nodes out of a model, to be written again. `seen` has the shapes of its tensors. */
export function createBlockedWriter(model: ModelProto, seen: Observations): BlockedWriter {
  const graph = model.graph!;
  graph.node = [];
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  const blocked = new Set<string>();
  /** Of the blocked ones, those that have no plain form yet. */
  const only = new Set<string>();
  const constants = new Set<string>();
  const nameOf = (name: string): string => `blocked/${name}`;
  const writer: BlockedWriter = {
    add(opType, inputs, output, attributes) {
      graph.node.push(makeNode(opType, inputs, [output], attributes));
      return output;
    },
    addOwn(opType, inputs, output, attributes) {
      writer.add(opType, inputs, output, attributes);
      graph.node.at(-1)!.domain = domain;
      return output;
    },
    again({ opType, attribute }, inputs, output) {
      const node = makeNode(opType, inputs, [output]);
      node.attribute = attribute;
      graph.node.push(node);
      return node;
    },
    constant(value, name) {
      if (!constants.has(name)) graph.initializer.push(toProto(value, name));
      constants.add(name);
      return name;
    },
    shape: (dims) => writer.constant(int64([dims.length], dims), `blocked/shape/${dims.join("x")}`),
    setBlocked(name) {
      blocked.add(name);
      only.add(name);
      return nameOf(name);
    },
    isBlocked: (name) => blocked.has(name),
    blocks(name) {
      if (!blocked.has(name)) writer.addOwn("ReorderInput", [name], nameOf(name));
      blocked.add(name);
      return nameOf(name);
    },
    plain(name) {
      if (!only.delete(name)) return;
      writer.addOwn("ReorderOutput", [nameOf(name)], name, { channels: { int: seen.get(name)!.dims[1]! } });
    },
    keep(node) {
      for (const name of node.input) writer.plain(name);
      graph.node.push(node);
    },
  };
  return writer;
}
