/**
 * @file The cheapest placement on ordered tiers as one minimum cut.
 *
 * For node v and hop h a vertex says "v runs beyond hop h". Label costs lie on the arcs between a node's vertices of
 * neighbouring hops (Ishikawa 2003), infinite arcs keep these in order and keep data from flowing back, and one more
 * vertex per tensor and hop makes a tensor with many readers pay once, one per hop the fixed cost.
 */
import { minimumCut, networkOf, type Cut, type Network } from "../../../graphs/index.ts";
import type { Reach } from "./check.ts";
import { tierCosts, type Prices, type TierGraph } from "./problem.ts";

/** A solved cut. */
export interface TierCut {
  /** Tier per node. */
  tiers: Int32Array;
  /** What no placement can cost less than: the flow's value, less what rounding to whole numbers can hide. */
  bound: number;
  flow: FlowState;
}

/** What is needed to go on from a cut. */
export interface FlowState {
  network: Network;
  cut: Cut;
  /** Capacities are costs times this. */
  scale: number;
  /** Node and hop of a vertex: `node * hops + hop`; vertices from `node count * hops` on are others. */
  hops: number;
  near: number;
  far: number;
}

/** What leaves the source at most: sums of it and of an infinite capacity, twice this, stay within 53 bits. */
const whole = 2 ** 51;

/**
 * Solves for these prices; `reach` says which tiers are open to each node. Ties go to the earlier tier. With `others` the
 * network also prices the placements that are not the cheapest.
 *
 * Costs are rounded down to whole units of about 2^-51 of the sum of what flows, so that the flow is exact and its
 * value a bound on the cost of every placement.
 */
export function cutTiers(graph: TierGraph, prices: Prices, { first, last, allowed }: Reach, others = false): TierCut {
  const { nodes, tensors } = graph;
  const n = nodes.length;
  const hops = graph.tiers.length - 1;
  const near = n * hops;
  const far = near + 1;
  let vertices = far + 1;
  // A vertex is `far` when its node has to run beyond the hop, `near` when it cannot.
  const vertex = (v: number, h: number): number => (first[v]! > h ? far : last[v]! <= h ? near : v * hops + h);

  const heads: number[] = [];
  const tails: number[] = [];
  const forth: number[] = [];
  const back: number[] = [];
  let constant = 0;
  /** `cost` is due when `from` is beyond and `to` is not; `way` the other way round. */
  const arc = (from: number, to: number, cost: number, way: number): void => {
    if (from === to) return;
    if (from === far && to === near) constant += cost;
    else if (from === near && to === far) constant += way;
    else {
      tails.push(from);
      heads.push(to);
      forth.push(cost);
      back.push(way);
    }
  };

  for (let v = 0; v < n; v++) {
    const row = prices.compute[v]!;
    let least = Infinity;
    for (let k = first[v]!; k <= last[v]!; k++) if (allowed(v, k)) least = Math.min(least, row[k]!);
    constant += least;
    for (let k = first[v]!; k <= last[v]! && first[v]! < last[v]!; k++) {
      const cost = allowed(v, k) ? row[k]! - least : Infinity;
      arc(
        k === 0 ? far : vertex(v, k - 1),
        k === hops ? near : vertex(v, k),
        cost,
        k > first[v]! && k < last[v]! ? Infinity : 0,
      );
    }
  }
  const sinks = new Uint8Array(n).fill(1);
  for (const { producer, consumers, bytes, private: tied } of tensors) {
    if (producer !== null && consumers.length > 0) sinks[producer] = 0;
    for (let h = 0; h < hops; h++) {
      const made = producer === null ? near : vertex(producer, h);
      const cost = tied ? Infinity : bytes * prices.hops[h]!.perByte;
      if (made === far) continue;
      if (consumers.length === 1) {
        arc(vertex(consumers[0]!, h), made, cost, Infinity);
        continue;
      }
      let crossing = -1;
      for (const v of consumers) {
        const reader = vertex(v, h);
        if (reader === near) continue;
        if (made !== near) arc(made, reader, Infinity, 0);
        if (reader === far) crossing = far;
        else if (crossing === -1) crossing = vertices++;
        if (crossing !== far) arc(reader, crossing, Infinity, 0);
      }
      if (crossing !== -1) arc(crossing, made, cost, 0);
    }
  }
  const answerAt = graph.answerAt ?? 0;
  for (let h = 0; h < hops; h++) {
    const { fixed, perByte } = prices.hops[h]!;
    if (answerAt > h) constant += fixed;
    else if (fixed > 0) {
      const used = vertices++;
      arc(used, near, fixed, 0);
      for (let v = 0; v < n; v++) if (sinks[v] && vertex(v, h) !== near) arc(vertex(v, h), used, Infinity, 0);
    }
    const home = prices.back?.[h];
    const returned = home && home.fixed > 0 && answerAt <= h ? vertices++ : -1;
    if (home && returned >= 0) arc(returned, near, home.fixed, 0);
    for (const { node, bytes } of graph.outputs ?? []) {
      const made = vertex(node, h);
      if (answerAt > h) arc(far, made, bytes * perByte, 0);
      else if (home) arc(made, near, bytes * home.perByte, 0);
      if (returned >= 0 && made !== near) arc(made, returned, Infinity, 0);
    }
  }

  // A capacity above the cost of a known placement never limits a minimum cut: less range, finer units.
  let enough = 0;
  if (others) for (const cost of [...forth, ...back]) enough += cost < Infinity ? cost : 0;
  else {
    const known = Math.min(tierCosts(graph, prices, first).total, tierCosts(graph, prices, last).total);
    enough = 1.001 * Math.max(0, known - constant) + 1e-12 * constant;
  }
  enough ||= 1;
  const cap = (cost: number): number => (cost === Infinity ? cost : Math.min(cost, enough));
  let supply = enough;
  for (let i = 0; i < heads.length; i++) if (heads[i] === near) supply += cap(forth[i]!);
  const scale = supply > 0 ? 2 ** Math.floor(Math.log2(whole / supply)) : 1;
  const units = (cost: number): number => (cost === Infinity ? 2 * whole : Math.floor(cap(cost) * scale));
  for (let i = 0; i < heads.length; i++) {
    forth[i] = units(forth[i]!);
    back[i] = units(back[i]!);
  }
  // The flow runs from `near` to `far`, against the arcs' sense, so that the side kept smallest is the far one.
  const network = networkOf(vertices, heads, tails, forth, back);
  const cut = minimumCut(network, near, far);

  const tiers = new Int32Array(n);
  for (let v = 0; v < n; v++) {
    let k = first[v]!;
    while (k < last[v]! && cut.sinkSide[v * hops + k]) k++;
    tiers[v] = k;
  }
  const bound = Math.max(0, (constant + cut.value / scale) * (1 - 1e-14));
  return { tiers, bound, flow: { network, cut, scale, hops, near, far } };
}
