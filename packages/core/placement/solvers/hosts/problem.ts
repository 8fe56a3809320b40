/** @file Hosts joined by links in any way: which host runs which node, data going wherever it is read. */
import { InputError } from "../../../errors/index.ts";
import { findCycle, rowsOf } from "../../../graphs/index.ts";
import { cyclic } from "../pipeline/index.ts";
import type { TierNode, TierTensor } from "../tiers/index.ts";

/** One direction of a link. */
export interface HostLink {
  from: number;
  to: number;
  perByte: number;
  /** Once when anything takes it. */
  fixed: number;
}

export interface HostGraph {
  /** As on tiers; `on` holds host indices. */
  nodes: readonly TierNode[];
  /** As on tiers; `producer` null is what the capturing host captures. */
  tensors: readonly TierTensor[];
  hosts: readonly { name: string; memory?: number }[];
  links: readonly HostLink[];
  /** The host that captures. */
  source: number;
  outputs?: readonly { node: number; bytes: number }[];
  /** Where the outputs are due (default: `source`). */
  answerAt?: number;
  /** `compute[node][host]`; Infinity where that host cannot run it. */
  compute: readonly (readonly number[])[];
}

/** The links on the way from one host to another: fixed by the topology, as in networks with routing tables. */
export interface Routes {
  /** Bit set of links; 0 from a host to itself, -1 where there is no way. */
  links(from: number, to: number): number;
  /** Cost per byte; Infinity where there is no way. */
  perByte(from: number, to: number): number;
}

/**
 * The cheapest route for a message of `bytes` between every two hosts (Dijkstra; the routes from one host are a tree,
 * so that what is sent to several shares the common part).
 */
export function routesOf({ hosts, links }: HostGraph, bytes: number): Routes {
  const n = hosts.length;
  const masks = Array.from({ length: n }, () => new Int32Array(n).fill(-1));
  const rates = Array.from({ length: n }, () => new Float64Array(n).fill(Infinity));
  for (let origin = 0; origin < n; origin++) {
    const distance = new Float64Array(n).fill(Infinity);
    const done = new Uint8Array(n);
    distance[origin] = 0;
    masks[origin]![origin] = 0;
    rates[origin]![origin] = 0;
    for (;;) {
      let at = -1;
      for (let h = 0; h < n; h++) if (!done[h] && distance[h]! < (at < 0 ? Infinity : distance[at]!)) at = h;
      if (at < 0) break;
      done[at] = 1;
      links.forEach((link, i) => {
        if (link.from !== at) return;
        const length = distance[at]! + link.fixed + link.perByte * bytes;
        if (length >= distance[link.to]!) return;
        distance[link.to] = length;
        masks[origin]![link.to] = masks[origin]![at]! | (1 << i);
        rates[origin]![link.to] = rates[origin]![at]! + link.perByte;
      });
    }
  }
  return { links: (from, to) => masks[from]![to]!, perByte: (from, to) => rates[from]![to]! };
}

/** The routes that a graph's placements use: those of its mean tensor. */
export function standardRoutes(graph: HostGraph): Routes {
  const sizes = graph.tensors.map((tensor) => tensor.bytes);
  return routesOf(graph, sizes.reduce((a, b) => a + b, 0) / Math.max(1, sizes.length));
}

/** What a placement costs: compute, bytes over every link they take (once per tensor), fixed costs of links in use. */
export function hostCosts(graph: HostGraph, hosts: ArrayLike<number>, routes = standardRoutes(graph)): number {
  let total = 0;
  let used = 0;
  for (let v = 0; v < graph.nodes.length; v++) total += graph.compute[v]![hosts[v]!]!;
  const send = (from: number, targets: readonly number[], bytes: number): void => {
    let mask = 0;
    for (const to of targets) {
      const way = routes.links(from, to);
      if (way === -1) total = Infinity;
      else mask |= way;
    }
    used |= mask;
    graph.links.forEach((link, i) => {
      if ((mask >>> i) & 1) total += bytes * link.perByte;
    });
  };
  for (const { producer, consumers, bytes, private: tied } of graph.tensors) {
    const from = producer === null ? graph.source : hosts[producer]!;
    const targets = consumers.map((v) => hosts[v]!);
    if (tied && targets.some((to) => to !== from)) total = Infinity;
    send(from, targets, bytes);
  }
  for (const { node, bytes } of graph.outputs ?? []) send(hosts[node]!, [graph.answerAt ?? graph.source], bytes);
  graph.links.forEach((link, i) => {
    if ((used >>> i) & 1) total += link.fixed;
  });
  return total;
}

/** @throws InputError that names the node, tensor, host or link. */
export function checkHosts(graph: HostGraph): void {
  const { nodes, tensors, hosts, links, compute } = graph;
  if (nodes.length === 0) throw bad("nodes: expected at least one, got none");
  if (hosts.length === 0 || hosts.length > 64) throw bad(`hosts: expected 1 to 64, got ${hosts.length}`);
  if (links.length > 30) throw bad(`links: expected at most 30 directions of links, got ${links.length}`);
  const inside = (value: number, count: number, where: string): void => {
    if (!Number.isInteger(value) || value < 0 || value >= count) {
      throw bad(`${where}: expected an index from 0 to ${count - 1}, got ${value}`);
    }
  };
  const cost = (value: number, where: string): void => {
    if (!(value >= 0 && value < Infinity)) throw bad(`${where}: expected a finite number >= 0, got ${value}`);
  };
  inside(graph.source, hosts.length, "source");
  if (graph.answerAt !== undefined) inside(graph.answerAt, hosts.length, "answerAt");
  links.forEach((link, i) => {
    inside(link.from, hosts.length, `links[${i}].from`);
    inside(link.to, hosts.length, `links[${i}].to`);
    cost(link.perByte, `links[${i}].perByte`);
    cost(link.fixed, `links[${i}].fixed`);
  });
  if (compute.length !== nodes.length) throw bad(`compute: expected ${nodes.length} rows, got ${compute.length}`);
  nodes.forEach(({ name, memory = 0, on }, v) => {
    const where = `nodes[${v}] "${name}"`;
    cost(memory, `${where}.memory`);
    for (const h of on ?? []) inside(h, hosts.length, `${where}.on`);
    if (compute[v]!.length !== hosts.length) {
      throw bad(`compute[${v}] of ${where}: expected ${hosts.length} costs, got ${compute[v]!.length}`);
    }
    for (const c of compute[v]!) {
      if (!(c >= 0)) throw bad(`compute[${v}] of ${where}: expected a cost >= 0 or Infinity, got ${c}`);
    }
    const able = hosts.filter((_, h) => compute[v]![h]! < Infinity && (on?.includes(h) ?? true));
    if (able.length === 0) {
      throw new InputError(
        "ERR_PLACEMENT_HOST",
        `no host can run node "${name}": each is ruled out by its pins or cannot run it`,
      );
    }
    const room = Math.max(...able.map((host) => host.memory ?? Infinity));
    if (memory > room) {
      throw new InputError(
        "ERR_PLACEMENT_MEMORY",
        `no host can hold node "${name}": expected at most ${room} bytes, got ${memory}`,
      );
    }
  });
  const from: number[] = [];
  const to: number[] = [];
  tensors.forEach(({ producer, consumers, bytes }, t) => {
    cost(bytes, `tensors[${t}].bytes`);
    if (producer !== null) inside(producer, nodes.length, `tensors[${t}].producer`);
    for (const v of consumers) {
      inside(v, nodes.length, `tensors[${t}].consumers`);
      if (producer === null) continue;
      from.push(producer);
      to.push(v);
    }
  });
  for (const output of graph.outputs ?? []) {
    inside(output.node, nodes.length, "outputs");
    cost(output.bytes, "outputs");
  }
  const cycle = findCycle(nodes.length, rowsOf(nodes.length, from, to));
  if (cycle) throw cyclic(cycle.map((v) => nodes[v]!.name));
  const needed = nodes.reduce((sum, node) => sum + (node.memory ?? 0), 0);
  const room = hosts.reduce((sum, host) => sum + (host.memory ?? Infinity), 0);
  if (needed > room) {
    throw new InputError(
      "ERR_PLACEMENT_MEMORY",
      `the hosts' memory is ${needed - room} bytes short: expected at most ${room} in all, the nodes need ${needed}`,
    );
  }
}

const bad = (message: string): InputError => new InputError("ERR_PLACEMENT_PROBLEM", message);
