/** @file What the recursion over ideals looks up: sums over each ideal, and how its tensors are read. */
import { weigh } from "./bound.ts";
import type { Contracted } from "./contract.ts";
import type { Ideals } from "./ideals.ts";
import type { HostKind } from "./problem.ts";

export interface Table {
  ideals: Ideals;
  kinds: readonly HostKind[];
  /** Per kind and ideal: time of the nodes that the kind can run, and how many it cannot run. */
  cost: Float64Array[];
  unable: (Int32Array | undefined)[];
  memory: Float64Array;
  /** Per ideal: what its open tensors cost to move. */
  openCost: Float64Array;
  tensorCost: Float64Array;
  /** Consumers of tensor t: `readers[readStart[t]] .. readers[readStart[t + 1] - 1]`. */
  readStart: Int32Array;
  readers: Int32Array;
  /** Per kind: ideals by ascending `cost`. */
  byCost: Int32Array[];
  /** Weighed work that is left after each ideal, for the set of kinds (a bit mask) that can still take some. */
  left(available: number): Left;
}

export interface Left {
  y: Float64Array;
  work: Float64Array;
  /** Per ideal: nodes left that none of the kinds can run. */
  stuck: Int32Array;
}

export function tabulate(graph: Contracted, ideals: Ideals, kinds: readonly HostKind[]): Table {
  const { count: n } = graph;
  const { count, parent, added } = ideals;
  const cost = kinds.map(() => new Float64Array(count));
  const unable = kinds.map((_, k) =>
    graph.cost.subarray(k * n, k * n + n).includes(Infinity) ? new Int32Array(count) : undefined,
  );
  const memory = new Float64Array(count);
  const openCost = new Float64Array(count);
  for (let i = 1; i < count; i++) {
    const p = parent[i]!;
    const v = added[i]!;
    memory[i] = memory[p]! + graph.memory[v]!;
    for (let k = 0; k < kinds.length; k++) {
      const c = graph.cost[k * n + v]!;
      cost[k]![i] = cost[k]![p]! + (c === Infinity ? 0 : c);
      const bad = unable[k];
      if (bad) bad[i] = bad[p]! + (c === Infinity ? 1 : 0);
    }
    let open = 0;
    for (let j = ideals.openStart[i]!; j < ideals.openStart[i + 1]!; j++) open += graph.tensorCost[ideals.open[j]!]!;
    openCost[i] = open;
  }
  const byCost = cost.map((sums) => {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    return order.sort((a, b) => sums[a]! - sums[b]!);
  });
  const readStart = new Int32Array(graph.consumers.length + 1);
  graph.consumers.forEach((readers, t) => (readStart[t + 1] = readStart[t]! + readers.length));
  const readers = new Int32Array(readStart.at(-1)!);
  graph.consumers.forEach((list, t) => readers.set(list, readStart[t]));

  const counts = kinds.map((kind) => kind.count);
  const known = new Map<number, Left>();
  const left = (available: number): Left => {
    const seen = known.get(available);
    if (seen) return seen;
    const weights = weigh(
      graph,
      counts,
      kinds.map((_, k) => ((available >>> k) & 1) === 1),
    );
    const work = new Float64Array(count);
    const stuck = new Int32Array(count);
    for (let i = 1; i < count; i++) {
      work[i] = work[parent[i]!]! + weights.work[added[i]!]!;
      stuck[i] = stuck[parent[i]!]! + weights.stuck[added[i]!]!;
    }
    const allWork = work[ideals.full]!;
    const allStuck = stuck[ideals.full]!;
    for (let i = 0; i < count; i++) {
      work[i] = allWork - work[i]!;
      stuck[i] = allStuck - stuck[i]!;
    }
    const result = { y: weights.y, work, stuck };
    known.set(available, result);
    return result;
  };
  return {
    ideals,
    kinds,
    cost,
    unable,
    memory,
    openCost,
    tensorCost: graph.tensorCost,
    readStart,
    readers,
    byCost,
    left,
  };
}
