/** @file Makes one node of what must stay together, and numbers the nodes in topological order. */
import { components, rowsOf } from "../../../graphs/index.ts";
import type { StageProblem } from "./problem.ts";

/** The problem on the merged graph; node numbers are a topological order. */
export interface Contracted {
  count: number;
  /** The original nodes of each. */
  members: number[][];
  /** Time by kind and node: `cost[kind * count + v]`. */
  cost: Float64Array;
  memory: Float64Array;
  predecessors: number[][];
  successors: number[][];
  /** Tensors that can cross: made by one merged node and read by others. */
  producer: Int32Array;
  consumers: Int32Array[];
  tensorCost: Float64Array;
  /** Tensors by producer, and by consumer. */
  made: number[][];
  read: number[][];
}

/**
 * Merges the nodes of each group, and then whatever lies on a cycle of merged nodes: contiguous parts in a row cannot
 * separate these. The original graph is expected to have no cycle.
 */
export function contract(problem: StageProblem): Contracted {
  const { nodes, tensors, kinds } = problem;
  const group = new Map<number | string, number>();
  const block = nodes.map((node, v) => {
    if (node.group === undefined) return v;
    const first = group.get(node.group) ?? v;
    group.set(node.group, first);
    return first;
  });
  const from: number[] = [];
  const to: number[] = [];
  for (const { producer, consumers } of tensors) {
    for (const v of consumers) {
      from.push(block[producer]!);
      to.push(block[v]!);
    }
  }
  const merged = components(nodes.length, rowsOf(nodes.length, from, to));
  // Only a block's first node stands for it; the others are components without arcs.
  const used = new Int32Array(merged.count).fill(-1);
  for (const first of block) used[merged.of[first]!] = 0;
  let count = 0;
  for (let c = 0; c < merged.count; c++) if (used[c] === 0) used[c] = count++;
  const of = block.map((first) => used[merged.of[first]!]!);

  const members: number[][] = Array.from({ length: count }, () => []);
  const cost = new Float64Array(kinds.length * count);
  const memory = new Float64Array(count);
  nodes.forEach((node, v) => {
    const c = of[v]!;
    members[c]!.push(v);
    memory[c]! += node.memory;
    for (let k = 0; k < kinds.length; k++) cost[k * count + c]! += node.cost[k]!;
  });
  const producer: number[] = [];
  const consumers: Int32Array[] = [];
  const tensorCost: number[] = [];
  const made: number[][] = Array.from({ length: count }, () => []);
  const read: number[][] = Array.from({ length: count }, () => []);
  const before = Array.from({ length: count }, () => new Set<number>());
  const after = Array.from({ length: count }, () => new Set<number>());
  for (const tensor of tensors) {
    const p = of[tensor.producer]!;
    const readers = new Set(tensor.consumers.map((v) => of[v]!));
    readers.delete(p);
    if (readers.size === 0) continue;
    for (const v of readers) {
      before[v]!.add(p);
      after[p]!.add(v);
      read[v]!.push(producer.length);
    }
    made[p]!.push(producer.length);
    producer.push(p);
    consumers.push(Int32Array.from(readers));
    tensorCost.push(tensor.cost);
  }
  return {
    count,
    members,
    cost,
    memory,
    predecessors: before.map((set) => Array.from(set)),
    successors: after.map((set) => Array.from(set)),
    producer: Int32Array.from(producer),
    consumers,
    tensorCost: Float64Array.from(tensorCost),
    made,
    read,
  };
}
