/** @file Small models built in code, for tests. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { createBuilder, type GraphBuilder, type ModelProto } from "../onnx/index.ts";

/** An empty model of one opset, to be filled through a builder. */
export function emptyModel(opset = 17): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "test",
    opsetImport: [create(OperatorSetIdProtoSchema, { version: BigInt(opset) })],
    graph: create(GraphProtoSchema, { name: "test" }),
  });
}

/** Builds a model with `fill`. */
export function buildModel(fill: (g: GraphBuilder) => void, opset = 17): ModelProto {
  const model = emptyModel(opset);
  fill(createBuilder(model));
  return model;
}
