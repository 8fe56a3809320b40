/**
 * @file The cheapest placement on hosts joined in any way: nodes are decided one after the other, and what later costs
 * depend on (where live tensors are and where they have been sent) is the state. Networks are narrow, so that states are
 * few; where they are too many the cheapest are kept, and the gap that this leaves is stated.
 */
import { InputError } from "../../errors/index.ts";
import { components, rowsOf } from "../order.ts";
import { checkHosts, hostCosts, standardRoutes, type HostGraph, type Routes } from "./problem.ts";

export interface HostOptions {
  /** States kept per node (default 20,000). */
  states?: number;
  /** Asked per node; true keeps only few states from there on. */
  stop?: () => boolean;
}

export interface HostPlacement {
  /** Host per node. */
  hosts: number[];
  value: number;
  /** No placement costs less. */
  bound: number;
  gap: number;
  /** The most states that were alive at once. */
  states: number;
}

/** A tensor between pseudo nodes too: the capture before the first node, the answer's receivers after the last. */
interface Flow {
  producer: number;
  consumers: number[];
  bytes: number;
  tied: boolean;
}

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

/**
 * The cheapest placement. Exact when no more than `states` states were alive at once; else `bound` is the least that the
 * states given up could have led to.
 *
 * @throws InputError when the problem is malformed, or nothing fits.
 */
export function placeHosts(graph: HostGraph, options: HostOptions = {}): HostPlacement {
  checkHosts(graph);
  const routes = standardRoutes(graph);
  const count = graph.hosts.length;
  const n = graph.nodes.length;
  const most = options.states ?? 20_000;
  const limited = graph.hosts.some((host) => host.memory !== undefined && host.memory < Infinity);

  // Node n captures; nodes from n + 1 on receive answers.
  const flows: Flow[] = graph.tensors.map(({ producer, consumers, bytes, private: tied }) => ({
    producer: producer ?? n,
    consumers: [...new Set(consumers)],
    bytes,
    tied: tied === true,
  }));
  (graph.outputs ?? []).forEach(({ node, bytes }, i) =>
    flows.push({ producer: node, consumers: [n + 1 + i], bytes, tied: false }),
  );
  const total = n + 1 + (graph.outputs ?? []).length;
  const choices = (v: number): number[] => {
    if (v === n) return [graph.source];
    if (v > n) return [graph.answerAt ?? graph.source];
    const on = graph.nodes[v]!.on;
    return graph.hosts.map((_, h) => h).filter((h) => graph.compute[v]![h]! < Infinity && (on?.includes(h) ?? true));
  };
  const open = Array.from({ length: total }, (_, v) => choices(v));
  const computeAt = (v: number, h: number): number => (v < n ? graph.compute[v]![h]! : 0);
  const memoryOf = (v: number): number => (v < n ? (graph.nodes[v]!.memory ?? 0) : 0);

  const order = narrowOrder(total, flows);
  const ahead = outlook(total, count, flows, open, computeAt, routes, order);

  let best = start(graph, open, order, routes);
  let bound = Infinity;
  let peak = 0;
  let layer: State[] = [
    { cost: 0, least: 0, host: -1, parent: undefined, at: [], sent: [], used: 0, memory: graph.hosts.map(() => 0) },
  ];
  let live: number[] = [];
  const done = new Uint8Array(total);
  for (const v of order) {
    const reads = live.filter((t) => flows[t]!.consumers.includes(v));
    done[v] = 1;
    const makes = flows.flatMap((flow, t) => (flow.producer === v && flow.consumers.length > 0 ? [t] : []));
    const stays = live.filter((t) => flows[t]!.consumers.some((w) => !done[w]));
    const next = [...stays, ...makes];
    const slot = new Map(live.map((t, i) => [t, i]));
    const states = new Map<string, State>();
    const cut = best ? best.value * (1 - 1e-11) : Infinity;
    for (const state of layer) {
      for (const host of open[v]!) {
        let cost = state.cost + computeAt(v, host);
        let { used } = state;
        const room = graph.hosts[host]!.memory ?? Infinity;
        if (limited && state.memory[host]! + memoryOf(v) > room) continue;
        const sent = [...state.sent];
        for (const t of reads) {
          const i = slot.get(t)!;
          const from = state.at[i]!;
          const way = routes.links(from, host);
          if (way === -1 || (flows[t]!.tied && from !== host)) {
            cost = Infinity;
            break;
          }
          const fresh = way & ~sent[i]!;
          sent[i]! |= way;
          graph.links.forEach((link, l) => {
            if ((fresh >>> l) & 1) cost += link.perByte * flows[t]!.bytes;
            if (((way & ~used) >>> l) & 1) cost += link.fixed;
          });
          used |= way;
        }
        if (cost >= cut) continue;
        const at = [...stays.map((t) => state.at[slot.get(t)!]!), ...makes.map(() => host)];
        const ways = [...stays.map((t) => sent[slot.get(t)!]!), ...makes.map(() => 0)];
        let least = cost + ahead.sources(v);
        next.forEach((t, i) => (least += ahead.tensor(t, at[i]!, ways[i]! !== 0, done)));
        if (least >= cut) continue;
        let { memory } = state;
        if (limited) {
          memory = [...memory];
          if (graph.hosts[host]!.memory !== undefined) memory[host]! += memoryOf(v);
        }
        const key = `${at.join()};${ways.join()};${used}${limited ? `;${memory.join()}` : ""}`;
        const known = states.get(key);
        if (known && known.cost <= cost) continue;
        states.set(key, { cost, least, host, parent: state, at, sent: ways, used, memory });
      }
    }
    live = next;
    layer = [...states.values()];
    peak = Math.max(peak, layer.length);
    const keep = options.stop?.() ? Math.min(most, 100) : most;
    if (layer.length > keep) {
      layer.sort((a, b) => a.least - b.least);
      bound = Math.min(bound, layer[keep]!.least);
      layer.length = keep;
    }
    if (layer.length === 0) break;
  }
  for (const state of layer) {
    const hosts = Array.from({ length: n }, () => 0);
    let step: State | undefined = state;
    for (let i = order.length - 1; i >= 0; i--, step = step?.parent) if (order[i]! < n) hosts[order[i]!] = step!.host;
    const value = hostCosts(graph, hosts, routes);
    if (!best || value < best.value) best = { hosts, value };
  }
  if (!best) {
    throw bound < Infinity
      ? new InputError("ERR_PLACEMENT_SEARCH", `no placement was found with ${most} states per node; allow more`)
      : new InputError(
          "ERR_PLACEMENT_HOST",
          "no placement fits: memory, pins and links leave no host for some node within reach of what it reads",
        );
  }
  bound = Math.min(bound, best.value);
  return { ...best, bound, gap: best.value > 0 ? (best.value - bound) / best.value : 0, states: peak };
}

/** A topological order that keeps few tensors alive: always the node that ends more of them than it starts. */
function narrowOrder(total: number, flows: readonly Flow[]): number[] {
  const from: number[] = [];
  const to: number[] = [];
  flows.forEach((flow) => {
    for (const v of flow.consumers) {
      from.push(flow.producer);
      to.push(v);
    }
  });
  const rows = rowsOf(total, from, to);
  const { of } = components(total, rows);
  const missing = new Int32Array(total);
  for (const v of to) missing[v]!++;
  const readers = flows.map((flow) => flow.consumers.length);
  const readsOf: number[][] = Array.from({ length: total }, () => []);
  const makes = new Int32Array(total);
  flows.forEach((flow, t) => {
    if (flow.consumers.length > 0) makes[flow.producer]!++;
    for (const v of flow.consumers) readsOf[v]!.push(t);
  });
  const ready: number[] = [];
  for (let v = 0; v < total; v++) if (missing[v] === 0) ready.push(v);
  const order: number[] = [];
  const growth = (v: number): number => makes[v]! - readsOf[v]!.filter((t) => readers[t] === 1).length;
  while (ready.length > 0) {
    let pick = 0;
    for (let i = 1; i < ready.length; i++) {
      const [a, b] = [growth(ready[i]!), growth(ready[pick]!)];
      // On ties the one that became ready last: stay on a branch until it ends.
      if (a < b || (a === b && of[ready[i]!]! > of[ready[pick]!]!)) pick = i;
    }
    const v = ready.splice(pick, 1)[0]!;
    order.push(v);
    for (const t of readsOf[v]!) readers[t]!--;
    for (let a = rows.start[v]!; a < rows.start[v + 1]!; a++)
      if (--missing[rows.to[a]!]! === 0) ready.push(rows.to[a]!);
  }
  return order;
}

interface Outlook {
  /** Least cost still caused by a live tensor made on `host`, through its readers that are not decided yet. */
  tensor(t: number, host: number, sent: boolean, done: Uint8Array): number;
  /** Least cost of undecided nodes that read nothing, once `v` and all before it are decided. */
  sources(v: number): number;
}

/**
 * Bounds on what is to come, from the last node back: a node's cost and what follows it are shared out equally among the
 * tensors it reads, and a tensor's bytes among its readers; then each share is made as small as it can be by itself.
 */
function outlook(
  total: number,
  count: number,
  flows: readonly Flow[],
  open: readonly number[][],
  computeAt: (v: number, h: number) => number,
  routes: Routes,
  order: readonly number[],
): Outlook {
  const reads = new Int32Array(total);
  flows.forEach((flow) => flow.consumers.forEach((v) => reads[v]!++));
  const follow = Array.from({ length: total }, () => new Float64Array(count));
  // share[t][i][host], with the bytes and without.
  const withBytes: Float64Array[][] = flows.map(() => []);
  const without: Float64Array[][] = flows.map(() => []);
  for (const v of [...order].reverse()) {
    flows.forEach((flow, t) => {
      if (flow.producer !== v) return;
      flow.consumers.forEach((w, i) => {
        const paid = new Float64Array(count).fill(Infinity);
        const free = new Float64Array(count).fill(Infinity);
        for (const p of open[v]!) {
          for (const q of open[w]!) {
            const rest = (computeAt(w, q) + follow[w]![q]!) / reads[w]!;
            const way = routes.perByte(p, q);
            if (way === Infinity || (flow.tied && p !== q)) continue;
            paid[p] = Math.min(paid[p]!, rest + (way * flow.bytes) / flow.consumers.length);
            free[p] = Math.min(free[p]!, rest);
          }
          follow[v]![p]! += paid[p]!;
        }
        withBytes[t]![i] = paid;
        without[t]![i] = free;
      });
    });
  }
  const left = new Float64Array(total);
  let sum = 0;
  for (const v of [...order].reverse()) {
    left[v] = sum;
    if (reads[v] === 0) sum += Math.min(...open[v]!.map((h) => computeAt(v, h) + follow[v]![h]!));
  }
  return {
    tensor(t, host, sent, done) {
      const shares = sent ? without[t]! : withBytes[t]!;
      let least = 0;
      flows[t]!.consumers.forEach((w, i) => {
        if (!done[w]) least += shares[i]![host]!;
      });
      return least;
    },
    sources: (v) => left[v]!,
  };
}

/** A placement to start from: everything that can on one host, then single moves while they help. */
function start(
  graph: HostGraph,
  open: readonly number[][],
  order: readonly number[],
  routes: Routes,
): { hosts: number[]; value: number } | undefined {
  const n = graph.nodes.length;
  const fits = (hosts: readonly number[]): boolean => {
    const used = graph.hosts.map(() => 0);
    hosts.forEach((h, v) => (used[h]! += graph.nodes[v]!.memory ?? 0));
    return used.every((bytes, h) => bytes <= (graph.hosts[h]!.memory ?? Infinity));
  };
  let best: { hosts: number[]; value: number } | undefined;
  graph.hosts.forEach((_, h) => {
    const hosts = Array.from({ length: n }, (_, v) => (open[v]!.includes(h) ? h : open[v]![0]!));
    const value = fits(hosts) ? hostCosts(graph, hosts, routes) : Infinity;
    if (value < (best?.value ?? Infinity)) best = { hosts, value };
  });
  // On large graphs the states find better placements sooner than moves do.
  if (!best || n > 200) return best;
  for (let moved = true, rounds = 0; moved && rounds < 3; rounds++) {
    moved = false;
    for (const v of order) {
      if (v >= n) continue;
      for (const h of open[v]!) {
        if (h === best.hosts[v]) continue;
        const hosts = best.hosts.with(v, h);
        const value = fits(hosts) ? hostCosts(graph, hosts, routes) : Infinity;
        if (value >= best.value) continue;
        best = { hosts, value };
        moved = true;
      }
    }
  }
  return best;
}
