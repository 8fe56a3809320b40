/**
 * @file One pass over the nodes: what later costs depend on (where live tensors are and where they have been sent) is the
 * state. Networks are narrow, so that states are few; where they are too many the most promising are kept.
 */
import { outlook } from "./lower-bound.ts";
import type { Setup } from "./setup.ts";

interface State {
  cost: number;
  /** cost plus the bound on what is still to come. */
  least: number;
  host: number;
  parent: State | undefined;
  /** Per live tensor, in `live` order: where it was made, and the links it took so far. */
  at: number[];
  sent: number[];
  /** Links whose fixed cost is paid. */
  used: number;
  /** Bytes per host, where limits are. */
  memory: number[];
}

export interface PassOptions {
  /** What a byte on each host costs on top (Lagrange multipliers). */
  multipliers: readonly number[];
  /** Whether memory limits hold: then each sum of bytes is another state. */
  limited: boolean;
  /** States kept per node. */
  states: number;
  /** Placements from this cost on, multipliers included, are of no interest. */
  below: number;
  /** Asked per node; true keeps only few states from there on. */
  stop?: (() => boolean) | undefined;
}

export interface PassResult {
  /** Hosts per node of the cheapest few placements found, the cheapest first. */
  found: number[][];
  /** No placement costs less, multipliers included; `below` where none does. */
  bound: number;
  /** Whether states were given up. */
  full: boolean;
  /** The most states that were alive at once. */
  peak: number;
}

/** Placements that are looked at again at the end. */
const most = 50;

export function pass(setup: Setup, { multipliers, limited, states: kept, below, stop }: PassOptions): PassResult {
  const { graph, routes, total, flows, open, order, memory, limits } = setup;
  const n = graph.nodes.length;
  const computeAt = (v: number, h: number): number =>
    v < n ? graph.compute[v]![h]! + multipliers[h]! * memory[v]! : 0;
  const ahead = outlook(total, graph.hosts.length, flows, open, computeAt, routes, order);
  const cut = below * (1 - 1e-11);
  const { links } = graph;
  let [bound, peak, full] = [below, 0, false];
  let layer: State[] = [
    { cost: 0, least: 0, host: -1, parent: undefined, at: [], sent: [], used: 0, memory: graph.hosts.map(() => 0) },
  ];
  let live: number[] = [];
  const done = new Uint8Array(total);
  for (const v of order) {
    const reads = live.flatMap((t, i) => (flows[t]!.consumers.includes(v) ? [{ flow: flows[t]!, i }] : []));
    done[v] = 1;
    const makes = flows.flatMap((flow, t) => (flow.producer === v && flow.consumers.length > 0 ? [t] : []));
    const stays = live.flatMap((t, i) => (flows[t]!.consumers.some((w) => !done[w]) ? [i] : []));
    const next = [...stays.map((i) => live[i]!), ...makes];
    // Per live tensor and host where it was made: what is still to come, before and after it was sent.
    const [fresh, again] = [false, true].map((sent) =>
      next.map((t) => graph.hosts.map((_, h) => ahead.tensor(t, h, sent, done))),
    ) as [number[][], number[][]];
    const sources = ahead.sources(v);
    const states = new Map<string, State>();
    for (const state of layer) {
      for (const host of open[v]!) {
        if (limited && state.memory[host]! + memory[v]! > limits[host]!) continue;
        let cost = state.cost + computeAt(v, host);
        let { used } = state;
        let sent = state.sent;
        for (const { flow, i } of reads) {
          const from = state.at[i]!;
          if (from === host) continue;
          const way = routes.links(from, host);
          if (way === -1 || flow.tied) {
            cost = Infinity;
            break;
          }
          if (sent === state.sent) sent = state.sent.slice();
          for (let l = 0; l < links.length; l++) {
            if (((way & ~sent[i]!) >>> l) & 1) cost += links[l]!.perByte * flow.bytes;
            if (((way & ~used) >>> l) & 1) cost += links[l]!.fixed;
          }
          sent[i]! |= way;
          used |= way;
        }
        if (cost >= cut) continue;
        let least = cost + sources;
        const at: number[] = [];
        const ways: number[] = [];
        for (let k = 0; k < next.length; k++) {
          const i = stays[k];
          at.push(i === undefined ? host : state.at[i]!);
          ways.push(i === undefined ? 0 : sent[i]!);
          least += (ways[k] === 0 ? fresh : again)[k]![at[k]!]!;
        }
        if (least >= cut) continue;
        let bytes = state.memory;
        if (limited && memory[v]! > 0 && limits[host]! < Infinity) bytes = bytes.with(host, bytes[host]! + memory[v]!);
        const key = `${at.join()};${ways.join()};${used}${limited ? `;${bytes.join()}` : ""}`;
        const known = states.get(key);
        if (known && known.cost <= cost) continue;
        states.set(key, { cost, least, host, parent: state, at, sent: ways, used, memory: bytes });
      }
    }
    live = next;
    layer = [...states.values()];
    peak = Math.max(peak, layer.length);
    const keep = stop?.() ? Math.min(kept, 100) : kept;
    if (layer.length > keep) {
      layer.sort((a, b) => a.least - b.least);
      bound = Math.min(bound, layer[keep]!.least);
      full = true;
      layer.length = keep;
    }
    if (layer.length === 0) break;
  }
  layer.sort((a, b) => a.cost - b.cost);
  const found = layer.slice(0, most).map((last) => {
    const hosts = Array.from({ length: n }, () => 0);
    let step: State | undefined = last;
    for (let i = order.length - 1; i >= 0; i--, step = step?.parent) if (order[i]! < n) hosts[order[i]!] = step!.host;
    return hosts;
  });
  return { found, bound: Math.min(bound, layer[0]?.cost ?? Infinity), full, peak };
}
