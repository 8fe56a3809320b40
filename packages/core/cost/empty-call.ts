/** @file The model that does nothing, to time what a call of the engine takes by itself. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { createBuilder, serialiseModel } from "../onnx/index.ts";
import type { Tensor } from "../tensor/index.ts";

/** An ONNX model that hands its input `input` out again as `output`: an empty call with an input of this size. */
export function emptyCallModel({ type, dims }: Pick<Tensor, "type" | "dims">): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "split-et-impera",
    opsetImport: [create(OperatorSetIdProtoSchema, { version: 17n })],
    graph: create(GraphProtoSchema, { name: "empty call" }),
  });
  const g = createBuilder(model);
  g.opAs("output", "Identity", [g.input("input", type, dims)]);
  g.output("output", type, dims);
  return serialiseModel(model);
}
