/** @file The cuts of one tensor: where a model can be split with a single tensor on the wire. */
import type { GraphIndex } from "./graph.ts";

/** A set of tensors, by name, that separates what is fed from what is answered. */
export type Cut = readonly string[];

/** A cut of one tensor. */
export interface SingleCut {
  tensor: string;
  /** The node that makes it, in the index's order. Every live node up to it is the head, every later one the tail. */
  node: number;
}

/**
 * All tensors through which every path from an input to an output goes, in the order in which they are made.
 * The inputs and outputs themselves are not among them: cutting there is not a split.
 *
 * Walks the nodes in order and keeps the set of tensors that are made and still to be read. A tensor that is alone in
 * it separates the graph; this does not depend on the order chosen, because then every node is before or after it.
 */
export function singleTensorCuts(index: GraphIndex): SingleCut[] {
  const { nodes, reads, consumers, outputs, live } = index;
  const needed = nodesTowards(index, outputs);
  const remaining = new Map<string, number>();
  const open = new Set<string>();
  const declare = (name: string): void => {
    const uses = (consumers.get(name) ?? []).filter((i) => needed[i]).length + (outputs.includes(name) ? Infinity : 0);
    if (uses === 0) return;
    remaining.set(name, uses);
    open.add(name);
  };
  for (const name of index.inputs) declare(name);
  const cuts: SingleCut[] = [];
  nodes.forEach((node, i) => {
    if (!live[i] || !needed[i]) return;
    for (const name of reads[i]!) {
      const left = remaining.get(name);
      if (left === undefined) continue;
      remaining.set(name, left - 1);
      if (left === 1) open.delete(name);
    }
    for (const name of node.output) if (name !== "") declare(name);
    const [tensor] = open;
    if (open.size === 1 && tensor !== undefined && node.output.includes(tensor) && !outputs.includes(tensor)) {
      cuts.push({ tensor, node: i });
    }
  });
  return cuts;
}

/** Per node, whether one of the tensors depends on it. */
export function nodesTowards(index: GraphIndex, tensors: readonly string[]): boolean[] {
  const needed = index.nodes.map(() => false);
  const wanted = new Set(tensors);
  for (let i = index.nodes.length - 1; i >= 0; i--) {
    if (!index.nodes[i]!.output.some((name) => wanted.has(name))) continue;
    needed[i] = true;
    for (const name of index.reads[i]!) wanted.add(name);
  }
  return needed;
}
