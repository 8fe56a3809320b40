/** @file Fresh weights for a model that has none worth keeping. */
import { attributeInt, type Inspection, type NodeProto } from "../onnx/index.ts";
import { randomStream, type Random } from "../random/index.ts";
import { float32, sizeOf } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";
import { weightsTowards, type Use } from "./weights.ts";

/** A value for a weight, or undefined where the model's own says more than chance. */
type Fill = (dims: readonly number[], node: NodeProto, random: Random) => (() => number) | undefined;

const constant =
  (value: number): Fill =>
  () =>
  () =>
    value;

/** Normal with variance 2 / inputs, for layers before a ReLU (He et al., 2015). */
const he: Fill = ([outputs, inputs, ...kernel], { opType }, random) => {
  const deviation = Math.sqrt(2 / ((opType === "Conv" ? inputs! : outputs!) * sizeOf(kernel)));
  return () => deviation * random.normal();
};

/** Uniform with variance 2 / (inputs + outputs) (Glorot and Bengio, 2010). */
const glorot: Fill = (dims, _, random) => {
  if (dims.length < 2) return undefined;
  const limit = Math.sqrt(6 / (dims.at(-1)! + dims.at(-2)!));
  return () => limit * (2 * random.uniform() - 1);
};

/** Uniform within 1 / sqrt(hidden size). */
const recurrent: Fill = (_, node, random) => {
  const limit = 1 / Math.sqrt(attributeInt(node, "hidden_size", 1));
  return () => limit * (2 * random.uniform() - 1);
};

const embedding: Fill = (_dims, _node, random) => () => 0.02 * random.normal();

/** A vector is a bias; anything larger may be a table of positions, which is left. */
const bias: Fill = (dims) => (dims.length === 1 ? () => 0 : undefined);

/** By operator and input. What has no row is left as it is. */
const fills: Record<string, Record<number, Fill>> = {
  Add: { 0: bias, 1: bias },
  BatchNormalization: { 1: constant(1), 2: constant(0), 3: constant(0), 4: constant(1) },
  Conv: { 1: he, 2: constant(0) },
  ConvTranspose: { 1: he, 2: constant(0) },
  Gather: { 0: embedding },
  Gemm: { 0: glorot, 1: glorot, 2: constant(0) },
  GroupNormalization: { 1: constant(1), 2: constant(0) },
  GRU: { 1: recurrent, 2: recurrent, 3: constant(0) },
  InstanceNormalization: { 1: constant(1), 2: constant(0) },
  LayerNormalization: { 1: constant(1), 2: constant(0) },
  LSTM: { 1: recurrent, 2: recurrent, 3: constant(0) },
  MatMul: { 0: glorot, 1: glorot },
  PRelu: { 1: constant(0.25) },
  RNN: { 1: recurrent, 2: recurrent, 3: constant(0) },
};

/** New weights by the operators that read them, and running statistics as before any image, all from `seed`. */
export function freshWeights(inspection: Inspection, seed: number): Parameters {
  const { index, seen } = inspection;
  const uses = new Map<string, Use>(weightsTowards(inspection));
  for (const node of index.nodes) {
    if (node.opType !== "BatchNormalization") continue;
    for (const input of [3, 4]) uses.set(node.input[input]!, { node, input });
  }
  const fresh: Parameters = new Map();
  for (const [name, { node, input }] of uses) {
    const dims = seen.get(name)?.dims;
    const draw = dims && fills[node.opType]?.[input]?.(dims, node, randomStream(seed, `weights/${name}`));
    if (draw) fresh.set(name, float32(dims, Float32Array.from({ length: sizeOf(dims) }, draw)));
  }
  return fresh;
}
