/** @file Tensors inside the bodies of control flow: they cannot be cut, and a message says where they are. */
import { describe, subgraphs } from "./graph.ts";
import type { NodeProto } from "./proto.ts";

/** The operators from the graph's own down to the body that makes or declares `tensor`; absent where no body does. */
export function bodyOf(nodes: readonly NodeProto[], tensor: string): string[] | undefined {
  for (const node of nodes) {
    for (const body of subgraphs(node)) {
      const here =
        body.input.some(({ name }) => name === tensor) ||
        body.initializer.some(({ name }) => name === tensor) ||
        body.node.some(({ output }) => output.includes(tensor));
      if (here) return [describe(node)];
      const deeper = bodyOf(body.node, tensor);
      if (deeper) return [describe(node), ...deeper];
    }
  }
  return undefined;
}
