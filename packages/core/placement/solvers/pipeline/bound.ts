/**
 * @file Lower bounds on the largest load: how much work the hosts that are left can take, by the dual of the fractional
 * assignment. For any weights y >= 0: sum over nodes of min over kinds of y_k c_k  <=  T * sum over kinds of count_k y_k.
 */
import type { Contracted } from "./contract.ts";

/** The work of every node, weighed so that no assignment can make it less. */
export interface Weights {
  /** Per kind; 0 for kinds that are not available. */
  y: Float64Array;
  /** Per node: the least of y_k c_k over available kinds; 0 where no available kind can run it. */
  work: Float64Array;
  /** Per node: 1 where no available kind can run it. */
  stuck: Uint8Array;
  /** T can be no less with all hosts of the available kinds. */
  bound: number;
}

/**
 * Good weights for the kinds in `available`: one at a time, each kind's weight is set to where the bound is largest. The
 * bound along one weight is a piecewise linear function over a linear one, so a corner is best; for two kinds that is
 * the optimum of the fractional assignment, for more it is a valid bound.
 */
export function weigh(graph: Contracted, counts: readonly number[], available: readonly boolean[]): Weights {
  const { count: n, cost } = graph;
  const kinds = counts.length;
  const y = new Float64Array(kinds);
  const usable = counts.map((count, k) => available[k]! && count > 0);
  const stuck = new Uint8Array(n).fill(1);
  for (let k = 0; k < kinds; k++) {
    if (!usable[k]) continue;
    y[k] = 1;
    for (let v = 0; v < n; v++) if (cost[k * n + v]! !== Infinity) stuck[v] = 0;
  }
  const several = usable.filter(Boolean).length;
  const rounds = several < 2 ? 0 : several === 2 ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    for (let k = 0; k < kinds; k++) if (usable[k]) y[k] = bestWeight(graph, counts, usable, stuck, y, k);
  }
  const work = new Float64Array(n);
  let total = 0;
  let share = 0;
  for (let k = 0; k < kinds; k++) if (usable[k]) share += counts[k]! * y[k]!;
  for (let v = 0; v < n; v++) {
    if (stuck[v]) continue;
    let least = Infinity;
    for (let k = 0; k < kinds; k++) if (usable[k]) least = Math.min(least, y[k]! * cost[k * n + v]! || 0);
    work[v] = least;
    total += least;
  }
  return { y, work, stuck, bound: share > 0 ? total / share : 0 };
}

function bestWeight(
  { count: n, cost }: Contracted,
  counts: readonly number[],
  usable: readonly boolean[],
  stuck: Uint8Array,
  y: Float64Array,
  k: number,
): number {
  let others = 0;
  for (let j = 0; j < counts.length; j++) if (j !== k && usable[j]) others += counts[j]! * y[j]!;
  // Node v counts min(elsewhere, r * own): up to its corner it grows with r, then it stays.
  const corners: { at: number; own: number; elsewhere: number }[] = [];
  let slope = 0;
  let constant = 0;
  for (let v = 0; v < n; v++) {
    if (stuck[v]) continue;
    const own = cost[k * n + v]!;
    let elsewhere = Infinity;
    for (let j = 0; j < counts.length; j++) {
      if (j !== k && usable[j]) elsewhere = Math.min(elsewhere, y[j]! * cost[j * n + v]! || 0);
    }
    if (own === 0 || elsewhere === 0) continue;
    if (own === Infinity) {
      constant += elsewhere;
      continue;
    }
    slope += own;
    if (elsewhere < Infinity) corners.push({ at: elsewhere / own, own, elsewhere });
  }
  corners.sort((a, b) => a.at - b.at);
  let best = others > 0 ? constant / others : 0;
  let weight = 0;
  const consider = (r: number): void => {
    const value = (constant + slope * r) / (others + counts[k]! * r);
    if (value <= best) return;
    best = value;
    weight = r;
  };
  for (const { at, own, elsewhere } of corners) {
    consider(at);
    slope -= own;
    constant += elsewhere;
  }
  // What only this kind can run: let its weight dwarf the others'.
  if (slope > 0) consider(Math.max(1, corners.at(-1)?.at ?? 1) * 1e6);
  return weight;
}
