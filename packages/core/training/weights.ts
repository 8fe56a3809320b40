/** @file The weights of any model: which tensors they are, and how new ones are put into it. */
import {
  copyModel,
  fromProto,
  nodesTowards,
  toProto,
  type Inspection,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "../onnx/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";

/** Where a weight is read first. */
export interface Use {
  node: NodeProto;
  /** Which of the node's inputs it is. */
  input: number;
}

/** Inputs of operators that hold statistics, bounds, sizes or rates, not weights: they are left as they are. */
const settings: Record<string, readonly number[]> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  DequantizeLinear: [1, 2],
  Dropout: [1],
  Pad: [2],
  QuantizeLinear: [1, 2],
  Resize: [1, 2],
  Upsample: [1],
};

/** Operators whose weights may also be the value of a Constant node; elsewhere such a value is a number in a formula. */
const weighted = new Set(
  "Conv ConvTranspose Gemm MatMul BatchNormalization InstanceNormalization LayerNormalization GroupNormalization PRelu".split(
    " ",
  ),
);

/**
 * The float32 weights on the way to a tensor (default: to the outputs), by name: matrices, kernels, biases, scales. They
 * are initialisers, or values of Constant nodes. Single numbers without dimensions count as part of a formula.
 */
export function weightsTowards({ index, seen }: Inspection, towards = index.outputs): Map<string, Use> {
  const needed = nodesTowards(index, towards);
  const found = new Map<string, Use>();
  index.nodes.forEach((node, i) => {
    if (!index.live[i] || !needed[i]) return;
    node.input.forEach((name, input) => {
      const observed = seen.get(name);
      if (found.has(name) || settings[node.opType]?.includes(input)) return;
      if (observed?.type !== "float32" || observed.dims.length === 0) return;
      const constant = index.nodes[index.producer.get(name) ?? -1]?.opType === "Constant" && weighted.has(node.opType);
      if (index.initialisers.has(name) || constant) found.set(name, { node, input });
    });
  });
  return found;
}

/** The values of initialisers. */
export function valuesOf(model: ModelProto, names: readonly string[]): Parameters {
  const wanted = new Set(names);
  return new Map(
    model
      .graph!.initializer.filter(({ name }) => wanted.has(name))
      .map((proto) => [proto.name, fromProto(proto) as Tensor<"float32">]),
  );
}

/** A copy of the model with new weights, in initialisers and Constant nodes; nothing else differs. */
export function withWeights(model: ModelProto, parameters: Parameters): ModelProto {
  const copy = copyModel(model);
  const graph = copy.graph!;
  graph.initializer = graph.initializer.map((proto) => {
    const value = parameters.get(proto.name);
    return value ? { ...proto, ...data(value) } : proto;
  });
  for (const node of graph.node) {
    const value = node.opType === "Constant" ? parameters.get(node.output[0]!) : undefined;
    const stored = node.attribute.find(({ name }) => name === "value")?.t;
    if (value && stored) Object.assign(stored, data(value));
  }
  return copy;
}

/** A copy of the model in which these values of Constant nodes are initialisers. */
export function liftConstants(model: ModelProto, names: ReadonlySet<string>): ModelProto {
  const copy = copyModel(model);
  const graph = copy.graph!;
  graph.node = graph.node.filter(({ opType, output, attribute: attributes }) => {
    const value = attributes.find(({ name }) => name === "value")?.t;
    if (opType !== "Constant" || !names.has(output[0]!) || !value) return true;
    graph.initializer.push({ ...value, name: output[0]! });
    return false;
  });
  return copy;
}

/** The part of a stored tensor that holds its numbers. */
function data(value: Tensor): Pick<TensorProto, "rawData" | "floatData"> {
  return { rawData: toProto(value, "").rawData, floatData: [] };
}
