/** @file ONNX's own messages, by their names in onnx.proto, and small makers for them. */
import { create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { toInt64, type Tensor, type TensorType } from "../tensor/index.ts";
import { elementType } from "./element-type.ts";
import { toProto } from "./tensor-proto.ts";

export { AttributeType, DataType };
export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto };

/** What an attribute may be made from: numbers are told apart by kind, since 1 may mean an int or a float. */
export type AttributeValue =
  | { int: number }
  | { float: number }
  | { string: string }
  | { ints: readonly number[] }
  | { floats: readonly number[] }
  | { strings: readonly string[] }
  | { tensor: Tensor };

export function attribute(name: string, value: AttributeValue): AttributeProto {
  const made = create(AttributeProtoSchema, { name });
  if ("int" in value) {
    made.type = AttributeType.INT;
    made.i = toInt64(value.int);
  } else if ("float" in value) {
    made.type = AttributeType.FLOAT;
    made.f = value.float;
  } else if ("string" in value) {
    made.type = AttributeType.STRING;
    made.s = new TextEncoder().encode(value.string);
  } else if ("ints" in value) {
    made.type = AttributeType.INTS;
    made.ints = value.ints.map(toInt64);
  } else if ("strings" in value) {
    made.type = AttributeType.STRINGS;
    made.strings = value.strings.map((text) => new TextEncoder().encode(text));
  } else if ("floats" in value) {
    made.type = AttributeType.FLOATS;
    made.floats = [...value.floats];
  } else {
    made.type = AttributeType.TENSOR;
    made.t = toProto(value.tensor, "");
  }
  return made;
}

export function makeNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Record<string, AttributeValue> = {},
  name = "",
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  });
}

/**
 * A message with other values of some fields; the rest is shared. (A spread would lose fields that are not set: their
 * defaults stand in the prototype, and `create` takes what looks like a message as it is.)
 */
export function withFields<T extends object>(message: T, fields: Partial<T>): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message) as object | null) as T, message, fields);
}

/** A declared input or output; a string stands for a symbolic dimension. Without dims the shape is left open. */
export function valueInfo(name: string, type: TensorType, dims?: readonly (number | string)[]): ValueInfoProto {
  const shape = dims && {
    dim: dims.map((dim) =>
      create(TensorShapeProto_DimensionSchema, {
        value: typeof dim === "number" ? { case: "dimValue", value: BigInt(dim) } : { case: "dimParam", value: dim },
      }),
    ),
  };
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: create(TypeProto_TensorSchema, {
          elemType: elementType(type),
          ...(shape && { shape: create(TensorShapeProtoSchema, shape) }),
        }),
      },
    }),
  });
}
