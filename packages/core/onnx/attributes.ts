/** @file Reading a node's attributes with ONNX's defaults. */
import type { AttributeProto, NodeProto } from "./proto.ts";

function find(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function attributeInt(node: NodeProto, name: string, fallback: number): number {
  const found = find(node, name);
  return found ? Number(found.i) : fallback;
}

export function attributeFloat(node: NodeProto, name: string, fallback: number): number {
  return find(node, name)?.f ?? fallback;
}

export function attributeString(node: NodeProto, name: string, fallback: string): string {
  const found = find(node, name);
  return found ? new TextDecoder().decode(found.s) : fallback;
}

export function attributeInts(node: NodeProto, name: string): number[] | undefined {
  return find(node, name)?.ints.map(Number);
}

export function attributeFloats(node: NodeProto, name: string): number[] | undefined {
  return find(node, name)?.floats;
}

export function attributeStrings(node: NodeProto, name: string): string[] | undefined {
  return find(node, name)?.strings.map((bytes) => new TextDecoder().decode(bytes));
}
