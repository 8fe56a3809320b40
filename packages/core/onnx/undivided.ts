/** @file Operators that run as a whole, whatever is inside them: control flow that only a run decides. */
import { describe, subgraphs, type GraphIndex } from "./graph.ts";
import type { NodeProto } from "./proto.ts";

export interface Undivided {
  /** As messages name it: `Loop "paste"`. */
  node: string;
  /** In its bodies, those within them counted too; none of what they make is a place for a cut. */
  operators: number;
  /** The tensors that it makes: behind it is a place again. */
  outputs: string[];
}

/** Every If, Loop, Scan and the like that depends on what is fed, in the graph's order. */
export function undivided({ nodes, live }: GraphIndex): Undivided[] {
  return nodes.flatMap((node, i) => {
    const operators = inside(node);
    if (!live[i] || operators === 0) return [];
    return [{ node: describe(node), operators, outputs: node.output.filter((name) => name !== "") }];
  });
}

function inside(node: NodeProto): number {
  return subgraphs(node).reduce((sum, body) => sum + body.node.reduce((count, one) => count + 1 + inside(one), 0), 0);
}
