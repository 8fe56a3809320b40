/** @file ReLU behind max pooling instead of before it. */
import { attributeInt, type ModelProto, type NodeProto } from "../onnx/index.ts";

/**
 * max(relu x) = relu(max x): a ReLU that only a max pooling reads takes place behind it, on fewer elements, and so does its
 * mask in the backward pass. Every value stays what it was. Changes the model.
 */
export function poolFirst(model: ModelProto): void {
  const graph = model.graph!;
  const readers = new Map<string, number>();
  for (const name of [...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)])
    readers.set(name, (readers.get(name) ?? 0) + 1);
  const relus = new Map<string, NodeProto>();
  for (const node of graph.node) {
    const [y] = node.output as [string];
    if (node.opType === "Relu" && node.domain === "" && readers.get(y) === 1) relus.set(y, node);
  }
  const moved = new Set<NodeProto>();
  graph.node = graph.node
    .flatMap((node) => {
      const relu = relus.get(node.input[0]!);
      // Indices would tell equal zeros apart, and with ceil_mode a window may hold nothing but padding.
      const plain = node.opType === "MaxPool" && node.domain === "" && !node.output[1];
      if (!relu || !plain || attributeInt(node, "ceil_mode", 0) !== 0) return [node];
      moved.add(relu);
      const [before, after, [pooled]] = [relu.input[0]!, relu.output[0]!, node.output as [string]];
      return [
        { ...node, input: [before], output: [after] },
        { ...relu, input: [after], output: [pooled] },
      ];
    })
    .filter((node) => !moved.has(node));
}
