/** @file A problem on hosts made ready for the search: pseudo nodes, flows, hosts that are open to each node, an order. */
import { narrowOrder } from "./lower-bound.ts";
import { standardRoutes, type HostGraph, type Routes } from "./problem.ts";

/** A tensor between pseudo nodes too: the capture before the first node, the answer's receivers after the last. */
export interface Flow {
  producer: number;
  consumers: number[];
  bytes: number;
  tied: boolean;
}

export interface Setup {
  graph: HostGraph;
  routes: Routes;
  /** Nodes, then the capture, then the answer's receivers. */
  total: number;
  flows: Flow[];
  /** Hosts that may run each node. */
  open: number[][];
  order: number[];
  /** Of each node, bytes; and of each host, Infinity where it has no limit. */
  memory: number[];
  limits: number[];
}

export function prepare(graph: HostGraph): Setup {
  const n = graph.nodes.length;
  const flows: Flow[] = graph.tensors.map(({ producer, consumers, bytes, private: tied }) => ({
    producer: producer ?? n,
    consumers: [...new Set(consumers)],
    bytes,
    tied: tied === true,
  }));
  const outputs = graph.outputs ?? [];
  outputs.forEach(({ node, bytes }, i) => flows.push({ producer: node, consumers: [n + 1 + i], bytes, tied: false }));
  const total = n + 1 + outputs.length;
  const choices = (v: number): number[] => {
    if (v === n) return [graph.source];
    if (v > n) return [graph.answerAt ?? graph.source];
    const on = graph.nodes[v]!.on;
    return graph.hosts.map((_, h) => h).filter((h) => graph.compute[v]![h]! < Infinity && (on?.includes(h) ?? true));
  };
  return {
    graph,
    routes: standardRoutes(graph),
    total,
    flows,
    open: Array.from({ length: total }, (_, v) => choices(v)),
    order: narrowOrder(total, flows),
    memory: Array.from({ length: total }, (_, v) => (v < n ? (graph.nodes[v]!.memory ?? 0) : 0)),
    limits: graph.hosts.map((host) => host.memory ?? Infinity),
  };
}

/** Bytes in use, per host. */
export function usedBy({ graph, memory }: Setup, hosts: readonly number[]): number[] {
  const used = graph.hosts.map(() => 0);
  hosts.forEach((h, v) => (used[h]! += memory[v]!));
  return used;
}

export function fitsHosts(setup: Setup, hosts: readonly number[]): boolean {
  return usedBy(setup, hosts).every((used, h) => used <= setup.limits[h]!);
}
