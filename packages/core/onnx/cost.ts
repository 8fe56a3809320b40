/** @file Parameters and multiply-accumulates of nodes. */
import { sizeOf } from "../tensor/index.ts";
import { attributeInt, attributeString } from "./attributes.ts";
import { subgraphs, type GraphIndex } from "./graph.ts";
import type { Observations } from "./observe.ts";
import { DataType, type ModelProto, type NodeProto, type TensorProto } from "./proto.ts";

type Dims = (name: string | undefined) => readonly number[];
type Macs = (node: NodeProto, dims: Dims) => number;

/** weight [M, C/group, k...]: each output element sums over C/group * k... */
const convolution =
  (weight: number): Macs =>
  ({ input, output }, dims) =>
    sizeOf(dims(output[0])) * sizeOf(dims(input[weight]).slice(1));

/** [.., M, K] x [.., K, N] */
const product: Macs = ({ input, output }, dims) => sizeOf(dims(output[0])) * (dims(input[0]).at(-1) ?? 1);

/** X [length, batch, in], W [directions, gates * hidden, in], R [directions, gates * hidden, hidden]: both at every step. */
const recurrent: Macs = (node, dims) => {
  const [length = 0, batch = 0] = dims(node.input[0]);
  const steps = attributeInt(node, "layout", 0) === 1 ? [batch, length] : [length, batch];
  return steps[0]! * steps[1]! * (sizeOf(dims(node.input[1])) + sizeOf(dims(node.input[2])));
};

/** One product for every combination of all letters: what a loop over them would multiply. */
const einsum: Macs = (node, dims) => {
  const equation = attributeString(node, "equation", "").replaceAll(" ", "");
  const terms = equation.split("->")[0]!.split(",");
  if (terms.length < 2) return 0;
  const sizes = new Map<string, number>();
  terms.forEach((term, i) => {
    const shape = dims(node.input[i]);
    // The dots stand for the dimensions that no letter names.
    const [before, behind] = term.split("...");
    const dots = behind === undefined ? 0 : Math.max(0, shape.length - term.length + 3);
    const unnamed = Array.from({ length: dots }, (_, d) => `.${dots - d}`);
    const names = [...before!.split(""), ...unnamed, ...(behind ?? "").split("")];
    names.forEach((name, axis) => sizes.set(name, Math.max(sizes.get(name) ?? 1, shape[axis] ?? 1)));
  });
  return sizeOf([...sizes.values()]);
};

/** Scores Q K and their product with V, [batch, heads, length, width] or [batch, length, heads * width] alike. */
const attention: Macs = (node, dims) => {
  const [q, k, v] = [0, 1, 2].map((at) => dims(node.input[at]));
  if (!q || !k || !v || q.length < 3) return 0;
  const keys = k.at(-2) ?? 1;
  const queries = sizeOf(q.slice(0, -1));
  return keys * queries * ((q.at(-1) ?? 0) + (v.at(-1) ?? 0));
};

/** Input [batch, length, in] with the weights [in, 3 * hidden] of Q, K and V, then attention over the length. */
const packedAttention: Macs = (node, dims) => {
  const [batch = 1, length = 1, width = 1] = dims(node.input[0]);
  const columns = dims(node.input[1]).at(-1) ?? 0;
  const hidden = dims(node.output[0]).at(-1) ?? 0;
  return batch * length * width * columns + 2 * batch * length * length * hidden;
};

const macs: Record<string, Macs> = {
  Attention: attention,
  Conv: convolution(1),
  ConvInteger: convolution(1),
  // weight [C, M/group, k...]: each input element is spread over M/group * k...
  ConvTranspose: ({ input }, dims) => sizeOf(dims(input[0])) * sizeOf(dims(input[1]).slice(1)),
  DeformConv: convolution(1),
  Einsum: einsum,
  GRU: recurrent,
  Gemm: (node, dims) =>
    sizeOf(dims(node.output[0])) * (dims(node.input[0])[attributeInt(node, "transA", 0) ? 0 : 1] ?? 1),
  LSTM: recurrent,
  MatMul: product,
  MatMulInteger: product,
  QLinearConv: convolution(3),
  QLinearMatMul: product,
  RNN: recurrent,
};

/** Operators that runtimes and exporters fuse from the above, in domains of their own. */
const fused: Record<string, Macs> = {
  Attention: packedAttention,
  FusedConv: convolution(1),
  FusedGemm: (node, dims) => macs["Gemm"]!(node, dims),
  FusedMatMul: product,
  MultiHeadAttention: attention,
  QAttention: packedAttention,
  TransposeMatMul: product,
};

/** Whether an operator can count multiply-accumulates; all others count none. */
export function countsMacs({ opType, domain }: NodeProto): boolean {
  return Object.hasOwn(domain === "" || domain === "ai.onnx" ? macs : fused, opType);
}

/**
 * Multiply-accumulates of one node for the observed shapes: convolutions, matrix products, recurrent layers and attention;
 * everything else counts nothing, as is the field's custom. All rows of the batch together.
 */
export function nodeMacs(index: GraphIndex, i: number, seen: Observations): number {
  const node = index.nodes[i]!;
  if (!countsMacs(node)) return 0;
  const rule = (node.domain === "" || node.domain === "ai.onnx" ? macs : fused)[node.opType]!;
  return rule(node, (name) => seen.get(name ?? "")?.dims ?? []);
}

/** Parameters of each live node that no earlier live node has: elements of the weights that it reads. */
export function nodeParameters(model: ModelProto, index: GraphIndex): number[] {
  const count = counter(model, index);
  return index.nodes.map((_, i) => (index.live[i] ? count(i) : 0));
}

/** Parameters of a set of nodes, each weight once. */
export function parametersOf(model: ModelProto, index: GraphIndex, nodes: readonly number[]): number {
  const count = counter(model, index);
  return nodes.reduce((sum, i) => sum + (index.live[i] ? count(i) : 0), 0);
}

/**
 * Counts, node by node, what no node before it had: elements of stored tensors that it reads, itself or through nodes that
 * only compute constants, and of those in its bodies. Integers of 64 bits and truth values (shapes, axes, modes) do not count. Nothing has to be
 * run to tell.
 */
function counter(model: ModelProto, index: GraphIndex): (i: number) => number {
  const stored = new Map<string, TensorProto>(model.graph!.initializer.map((proto) => [proto.name, proto]));
  const sparse = new Map(
    model.graph!.sparseInitializer.map(({ values, dims }) => [values?.name ?? "", sizeOf(dims.map(Number))]),
  );
  const counted = new Set<string | number>();
  return (first) => {
    let sum = 0;
    const stack = [first];
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      if (counted.has(i)) continue;
      counted.add(i);
      sum += inside(index.nodes[i]!);
      for (const name of index.reads[i]!) {
        const maker = index.producer.get(name);
        if (maker !== undefined && !index.live[maker]) stack.push(maker);
        if (maker !== undefined || counted.has(name)) continue;
        counted.add(name);
        const proto = stored.get(name);
        sum += proto ? elements(proto) : (sparse.get(name) ?? 0);
      }
    }
    return sum;
  };
}

function elements({ dataType, dims }: TensorProto): number {
  const settings = dataType === (DataType.INT64 as number) || dataType === (DataType.BOOL as number);
  return settings ? 0 : sizeOf(dims.map(Number));
}

/** What a node stores itself: the value of a Constant, and the weights of its bodies. */
function inside(node: NodeProto): number {
  let sum = 0;
  if (node.opType === "Constant") {
    for (const { name, t, floats, sparseTensor } of node.attribute) {
      if (name === "value" && t) sum += elements(t);
      else if (name === "value_float") sum += 1;
      else if (name === "value_floats") sum += floats.length;
      else if (name === "sparse_value" && sparseTensor) sum += sizeOf(sparseTensor.dims.map(Number));
    }
  }
  for (const body of subgraphs(node)) {
    for (const proto of body.initializer) sum += elements(proto);
    for (const inner of body.node) sum += inside(inner);
  }
  return sum;
}
