/** @file Parameters and multiply-accumulates of nodes. */
import { sizeOf } from "../tensor/index.ts";
import { attributeInt } from "./attributes.ts";
import type { GraphIndex } from "./graph.ts";
import type { Observations } from "./observe.ts";

/**
 * Multiply-accumulates of one node for the observed shapes: convolutions and matrix products; everything else counts
 * nothing, as is the field's custom. All rows of the batch together.
 */
export function nodeMacs(index: GraphIndex, i: number, seen: Observations): number {
  const node = index.nodes[i]!;
  const dims = (name: string | undefined): readonly number[] => seen.get(name ?? "")?.dims ?? [];
  const out = sizeOf(dims(node.output[0]));
  switch (node.opType) {
    case "Conv":
    case "QLinearConv":
    case "ConvInteger": {
      // weight [M, C/group, k...]: each output element sums over C/group * k...
      const weight = dims(node.input[node.opType === "QLinearConv" ? 3 : 1]);
      return out * sizeOf(weight.slice(1));
    }
    case "ConvTranspose":
      // weight [C, M/group, k...]: each input element is spread over M/group * k...
      return sizeOf(dims(node.input[0])) * sizeOf(dims(node.input[1]).slice(1));
    case "Gemm": {
      const a = dims(node.input[0]);
      return out * (a[attributeInt(node, "transA", 0) ? 0 : 1] ?? 1);
    }
    case "MatMul":
    case "MatMulInteger":
    case "QLinearMatMul":
      return out * (dims(node.input[0]).at(-1) ?? 1);
    default:
      return 0;
  }
}

/**
 * The constant tensors that each live node reads and no earlier live node read: initialisers, and results of constant
 * nodes. Their elements are the model's parameters. Integer constants (shapes, axes) do not count.
 */
export function nodeParameters(index: GraphIndex, seen: Observations): number[] {
  const counted = new Set<string>();
  return index.nodes.map((_, i) => {
    if (!index.live[i]) return 0;
    let sum = 0;
    for (const name of index.reads[i]!) {
      const maker = index.producer.get(name);
      const constant = index.initialisers.has(name) || (maker !== undefined && !index.live[maker]);
      const found = seen.get(name);
      if (!constant || counted.has(name) || !found || found.type === "int64") continue;
      counted.add(name);
      sum += sizeOf(found.dims);
    }
    return sum;
  });
}
