/** @file The model's own weights, as parameters of training end to end. */
import { fromProto, toProto, type Inspection, type ModelProto } from "../onnx/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Parameters } from "../training/index.ts";

/** Inputs of operators that hold statistics, bounds, sizes or rates, not weights: they are left as they are. */
const settings: Record<string, readonly number[]> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  Dropout: [1],
  Pad: [2],
  Resize: [1, 2],
  Upsample: [1],
};

/** The float32 initialisers that live nodes read as weights: matrices, kernels, biases, scales. */
export function retrainable({ index, seen }: Inspection): string[] {
  const names = new Set<string>();
  index.nodes.forEach((node, i) => {
    if (!index.live[i]) return;
    node.input.forEach((name, k) => {
      if (settings[node.opType]?.includes(k)) return;
      if (index.initialisers.has(name) && seen.get(name)?.type === "float32") names.add(name);
    });
  });
  return [...names];
}

export function weightsOf(model: ModelProto, names: readonly string[]): Parameters {
  const wanted = new Set(names);
  return new Map(
    model
      .graph!.initializer.filter(({ name }) => wanted.has(name))
      .map((proto) => [proto.name, fromProto(proto) as Tensor<"float32">]),
  );
}

/** Puts retrained weights into a model, in place. */
export function replaceWeights(model: ModelProto, parameters: Parameters): void {
  const graph = model.graph!;
  graph.initializer = graph.initializer.map((proto) => {
    const value = parameters.get(proto.name);
    return value ? toProto(value, proto.name) : proto;
  });
}
