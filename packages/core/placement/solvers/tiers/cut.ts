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
export function cutTiers(graph: TierGraph, prices: Prices, reach: Reach, others = false): TierCut {
  const n = graph.nodes.length;
  const { first, last } = reach;
  const arcs = layOut(graph, reach);
  addLabels(arcs, prices, reach);
  addTensors(arcs, graph, prices);
  addHops(arcs, graph, prices);
  const scale = toUnits(arcs, enoughFor(arcs, graph, prices, reach, others));
  // The flow runs from `near` to `far`, against the arcs' sense, so that the side kept smallest is the far one.
  const { hops, near, far, constant } = arcs;
  const network = networkOf(arcs.vertices, arcs.heads, arcs.tails, arcs.forth, arcs.back);
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

/** The network while it is built. */
interface Arcs {
  hops: number;
  near: number;
  far: number;
  /** So far; `vertex` gives another one. */
  vertices: number;
  heads: number[];
  tails: number[];
  forth: number[];
  back: number[];
  /** What is due wherever nodes run. */
  constant: number;
  /** "Node v runs beyond hop h": `far` when it has to, `near` when it cannot. */
  beyond(v: number, h: number): number;
  /** `cost` is due when `from` is beyond and `to` is not; `way` the other way round. */
  add(from: number, to: number, cost: number, way: number): void;
}

function layOut({ nodes, tiers }: TierGraph, { first, last }: Reach): Arcs {
  const hops = tiers.length - 1;
  const near = nodes.length * hops;
  const far = near + 1;
  return {
    hops,
    near,
    far,
    vertices: far + 1,
    heads: [],
    tails: [],
    forth: [],
    back: [],
    constant: 0,
    beyond: (v, h) => (first[v]! > h ? far : last[v]! <= h ? near : v * hops + h),
    add(from, to, cost, way) {
      if (from === to) return;
      if (from === far && to === near) this.constant += cost;
      else if (from === near && to === far) this.constant += way;
      else {
        this.tails.push(from);
        this.heads.push(to);
        this.forth.push(cost);
        this.back.push(way);
      }
    },
  };
}

/** What nodes cost on their tiers. */
function addLabels(arcs: Arcs, { compute }: Prices, { first, last, allowed }: Reach): void {
  const { hops, near, far } = arcs;
  for (let v = 0; v < compute.length; v++) {
    const row = compute[v]!;
    let least = Infinity;
    for (let k = first[v]!; k <= last[v]!; k++) if (allowed(v, k)) least = Math.min(least, row[k]!);
    arcs.constant += least;
    for (let k = first[v]!; k <= last[v]! && first[v]! < last[v]!; k++) {
      const cost = allowed(v, k) ? row[k]! - least : Infinity;
      arcs.add(
        k === 0 ? far : arcs.beyond(v, k - 1),
        k === hops ? near : arcs.beyond(v, k),
        cost,
        k > first[v]! && k < last[v]! ? Infinity : 0,
      );
    }
  }
}

/** What tensors cost on the hops that they cross, once each; data do not flow back. */
function addTensors(arcs: Arcs, { tensors }: TierGraph, prices: Prices): void {
  const { near, far } = arcs;
  for (const { producer, consumers, bytes, private: tied } of tensors) {
    for (let h = 0; h < arcs.hops; h++) {
      const made = producer === null ? near : arcs.beyond(producer, h);
      const cost = tied ? Infinity : bytes * prices.hops[h]!.perByte;
      if (made === far) continue;
      if (consumers.length === 1) {
        arcs.add(arcs.beyond(consumers[0]!, h), made, cost, Infinity);
        continue;
      }
      let crossing = -1;
      for (const v of consumers) {
        const reader = arcs.beyond(v, h);
        if (reader === near) continue;
        if (made !== near) arcs.add(made, reader, Infinity, 0);
        if (reader === far) crossing = far;
        else if (crossing === -1) crossing = arcs.vertices++;
        if (crossing !== far) arcs.add(reader, crossing, Infinity, 0);
      }
      if (crossing !== -1) arcs.add(crossing, made, cost, 0);
    }
  }
}

/** Fixed costs of the hops in use, and what answers cost on their way. */
function addHops(arcs: Arcs, { nodes, tensors, outputs = [], answerAt = 0 }: TierGraph, prices: Prices): void {
  const { near, far } = arcs;
  // What others read runs no farther than they do.
  const sinks = new Uint8Array(nodes.length).fill(1);
  for (const { producer, consumers } of tensors) if (producer !== null && consumers.length > 0) sinks[producer] = 0;
  for (let h = 0; h < arcs.hops; h++) {
    const { fixed, perByte } = prices.hops[h]!;
    if (answerAt > h) arcs.constant += fixed;
    else if (fixed > 0) {
      const used = arcs.vertices++;
      arcs.add(used, near, fixed, 0);
      for (let v = 0; v < nodes.length; v++)
        if (sinks[v] && arcs.beyond(v, h) !== near) arcs.add(arcs.beyond(v, h), used, Infinity, 0);
    }
    const home = prices.back?.[h];
    const returned = home && home.fixed > 0 && answerAt <= h ? arcs.vertices++ : -1;
    if (home && returned >= 0) arcs.add(returned, near, home.fixed, 0);
    for (const { node, bytes } of outputs) {
      const made = arcs.beyond(node, h);
      if (answerAt > h) arcs.add(far, made, bytes * perByte, 0);
      else if (home) arcs.add(made, near, bytes * home.perByte, 0);
      if (returned >= 0 && made !== near) arcs.add(made, returned, Infinity, 0);
    }
  }
}

/** A capacity above the cost of a known placement never limits a minimum cut: less range, finer units. */
function enoughFor(arcs: Arcs, graph: TierGraph, prices: Prices, { first, last }: Reach, others: boolean): number {
  const { forth, back, constant } = arcs;
  let enough = 0;
  if (others) for (const cost of [...forth, ...back]) enough += cost < Infinity ? cost : 0;
  else {
    const known = Math.min(tierCosts(graph, prices, first).total, tierCosts(graph, prices, last).total);
    enough = 1.001 * Math.max(0, known - constant) + 1e-12 * constant;
  }
  return enough || 1;
}

/** Turns costs into whole units, `enough` at most; gives the units in one. */
function toUnits({ heads, forth, back, near }: Arcs, enough: number): number {
  const cap = (cost: number): number => (cost === Infinity ? cost : Math.min(cost, enough));
  let supply = enough;
  for (let i = 0; i < heads.length; i++) if (heads[i] === near) supply += cap(forth[i]!);
  // Costs next to nothing (below 1e-285) keep fewer units rather than an infinite scale.
  const scale = supply > 0 ? 2 ** Math.min(1000, Math.floor(Math.log2(whole) - Math.log2(supply))) : 1;
  const units = (cost: number): number => (cost === Infinity ? 2 * whole : Math.floor(cap(cost) * scale));
  for (let i = 0; i < heads.length; i++) {
    forth[i] = units(forth[i]!);
    back[i] = units(back[i]!);
  }
  return scale;
}
