/** @file Placements on hosts made better by moves: nodes, and runs of nodes in the order in which they are decided. */
import { hostCosts } from "./problem.ts";
import { fitsHosts, usedBy, type Setup } from "./setup.ts";

export interface Known {
  hosts: number[];
  value: number;
}

/** Placements to begin with: all that can on one host. They may not fit. */
export function onOneHost({ graph, open }: Setup): number[][] {
  return graph.hosts.map((_, h) => graph.nodes.map((_, v) => (open[v]!.includes(h) ? h : open[v]![0]!)));
}

/**
 * Moves runs of 1, 2, 4, ... nodes to other hosts while that lowers the cost, bytes above a host's limit priced in.
 * @returns what it ends with, if that fits
 */
export function improve(setup: Setup, from: readonly number[], rounds = 4): Known | undefined {
  const { graph, routes, open, order, limits } = setup;
  const nodes = order.filter((v) => v < graph.nodes.length);
  const valueOf = (hosts: readonly number[]): number => hostCosts(graph, hosts, routes);
  const over = (hosts: readonly number[]): number =>
    usedBy(setup, hosts).reduce((sum, used, h) => sum + Math.max(0, used - limits[h]!), 0);
  let hosts = [...from];
  let [cost, above] = [valueOf(hosts), over(hosts)];
  if (cost === Infinity) return undefined;
  // A byte too many costs more than moving everything, but what fits is not worth any price while nothing does.
  const price = above > 0 ? (4 * cost) / above : 0;
  for (let round = 0; round < rounds; round++) {
    let moved = false;
    for (let length = 2 ** Math.floor(Math.log2(nodes.length)); length >= 1; length >>= 1) {
      const step = Math.max(1, length >> 1);
      for (let start = 0; start < nodes.length; start += step) {
        const run = nodes.slice(start, start + length);
        for (let h = 0; h < graph.hosts.length; h++) {
          if (run.every((v) => hosts[v] === h)) continue;
          const next = [...hosts];
          for (const v of run) if (open[v]!.includes(h)) next[v] = h;
          const nextAbove = over(next);
          if (nextAbove > above) continue;
          const nextCost = valueOf(next);
          if (nextCost + price * nextAbove >= (cost + price * above) * (1 - 1e-12)) continue;
          [hosts, cost, above, moved] = [next, nextCost, nextAbove, true];
        }
      }
    }
    if (!moved) break;
  }
  return fitsHosts(setup, hosts) ? { hosts, value: cost } : undefined;
}
