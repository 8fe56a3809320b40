/** @file Reading and writing ONNX models, with the checks that everything after relies on. */
import { clone, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { InputError } from "../errors/index.ts";
import { checkFunctions } from "./functions.ts";
import { indexGraph } from "./graph.ts";
import type { ModelProto } from "./proto.ts";
import { withoutReservedName } from "./rename.ts";
import { checkProto } from "./tensor-proto.ts";

/**
 * Parses a serialised model without copying its weights, and checks its structure: a graph, opset 7 or newer,
 * names defined once and before use, no cycles. `file` names the model in errors.
 */
export function parseModel(bytes: Uint8Array, file = "model"): ModelProto {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw new InputError(
      "ERR_MODEL_CORRUPT",
      `${file}: not an ONNX model, or a damaged one (${(error as Error).message})`,
      {
        cause: error,
      },
    );
  }
  checkModel(model, file);
  return model;
}

export function serialiseModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, model);
}

/** A copy whose nodes and lists may be changed; large tensors are shared, not copied. */
export function copyModel(model: ModelProto): ModelProto {
  const { graph } = model;
  if (!graph) return clone(ModelProtoSchema, model);
  const { initializer, sparseInitializer } = graph;
  const shell = clone(ModelProtoSchema, { ...model, graph: { ...graph, initializer: [], sparseInitializer: [] } });
  shell.graph!.initializer = [...initializer];
  shell.graph!.sparseInitializer = [...sparseInitializer];
  return shell;
}

/** The version of ONNX's own operator set that the model uses. */
export function opsetOf(model: ModelProto): number {
  const found = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return found ? Number(found.version) : 1;
}

function checkModel(model: ModelProto, file: string): void {
  if (!model.graph || model.graph.node.length === 0) {
    throw new InputError("ERR_MODEL_CORRUPT", `${file}: not an ONNX model (it has no graph with operators)`);
  }
  const opset = opsetOf(model);
  if (opset < 7) {
    throw new InputError(
      "ERR_MODEL_OPSET",
      `${file}: expected operator set 7 or newer, got ${opset}; export the model again`,
    );
  }
  if (model.graph.output.length === 0) throw new InputError("ERR_MODEL_CORRUPT", `${file}: the graph has no output`);
  try {
    for (const tensor of model.graph.initializer) checkProto(tensor);
    indexGraph(model.graph);
    checkFunctions(model);
    withoutReservedName(model);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // A damaged file's names hold anything; the message stays one line.
    const message = error.message.replaceAll(/\p{Cc}/gu, "\uFFFD");
    throw new InputError(error.code, `${file}: ${message}`, { cause: error });
  }
}
