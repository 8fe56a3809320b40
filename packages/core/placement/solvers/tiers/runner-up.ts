/** @file The runner-up of a placement on tiers, found in the residual network of its cut. */
import { checkTiers, reach } from "./check.ts";
import { cutTiers, type FlowState } from "./cut.ts";
import { returnExcess, type Network } from "../../../graphs/index.ts";
import type { Prices, TierGraph } from "./problem.ts";
import { fits, placement, type TierPlacement } from "./answer.ts";

/**
 * The cheapest placement in which some node that costs something runs on another tier, of a graph whose cut fits its
 * memory; `none` where pins leave none, undefined where what is found does not fit.
 * For every vertex of the cut's network: how much more flow would pass if it had to change sides. The least is the
 * runner-up's price (a placement differs from the best exactly if some vertex is on the other side).
 * @param work bounds the search (arcs looked at)
 * @returns `exact` is false when the search was ended early
 */
export function runnerUpOf(
  graph: TierGraph,
  prices: Prices,
  work = 200_000_000,
): { placement: TierPlacement; exact: boolean } | "none" | undefined {
  checkTiers(graph, prices);
  const reached = reach(graph, prices);
  const { flow } = cutTiers(graph, prices, reached, true);
  returnExcess(flow.network, flow.cut, flow.near, flow.far);
  const costly = prices.compute.map((row) => row.some((cost) => cost > 0));
  const any = costly.every((is) => !is);
  const probe = prober(flow, work);
  let price = Infinity;
  let at: { node: number; hop: number } | undefined;
  graph.nodes.forEach((_, node) => {
    if (!costly[node] && !any) return;
    for (let hop = reached.first[node]!; hop < reached.last[node]!; hop++) {
      const extra = probe.price(node * flow.hops + hop, price);
      if (extra >= price) continue;
      price = extra;
      at = { node, hop };
    }
  });
  if (!at) return probe.complete() ? "none" : undefined;
  const { node, hop } = at;
  const beyond = flow.cut.sinkSide[node * flow.hops + hop] === 1;
  const on = graph.tiers.map((_, k) => k).filter((k) => reached.allowed(node, k) && (beyond ? k <= hop : k > hop));
  const pinned = { ...graph, nodes: graph.nodes.map((other, v) => (v === node ? { ...other, on } : other)) };
  const { tiers, bound } = cutTiers(pinned, prices, reach(pinned, prices));
  const other = placement(graph, prices, tiers, bound, 1);
  return fits(graph, tiers) ? { placement: other, exact: probe.complete() } : undefined;
}

interface Prober {
  /** Cost by which the cut grows when this vertex changes sides; anything from `limit` on is as good as `limit`. */
  price(vertex: number, limit: number): number;
  complete(): boolean;
}

/** Augments the flow from the source (or to the sink) to a vertex, and undoes it. */
function prober({ network, cut, scale, near, far }: FlowState, budget: number): Prober {
  const { start, to, reverse, residual, vertices } = network;
  const via = new Int32Array(vertices);
  const seen = new Int32Array(vertices);
  const queue = new Int32Array(vertices);
  let round = 0;
  let left = budget;
  const path = (from: number, target: number): boolean => {
    round++;
    seen[from] = round;
    queue[0] = from;
    let size = 1;
    for (let head = 0; head < size; head++) {
      const v = queue[head]!;
      left -= start[v + 1]! - start[v]!;
      for (let a = start[v]!; a < start[v + 1]!; a++) {
        const w = to[a]!;
        if (residual[a] === 0 || seen[w] === round) continue;
        seen[w] = round;
        via[w] = a;
        if (w === target) return true;
        queue[size++] = w;
      }
    }
    return false;
  };
  return {
    complete: () => left > 0,
    price(vertex, limit) {
      if (left <= 0) return limit;
      // A vertex on the sink's side has to be reached from there, and so on.
      const [from, target] = cut.sinkSide[vertex] === 1 ? [vertex, far] : [near, vertex];
      const changed: number[] = [];
      const amounts: number[] = [];
      let total = 0;
      while (total / scale < limit && path(from, target)) {
        let amount = Infinity;
        for (let v = target; v !== from; v = tail(network, via[v]!)) amount = Math.min(amount, residual[via[v]!]!);
        for (let v = target; v !== from; v = tail(network, via[v]!)) {
          const a = via[v]!;
          residual[a]! -= amount;
          residual[reverse[a]!]! += amount;
          changed.push(a);
          amounts.push(amount);
        }
        total += amount;
        if (left <= 0) break;
      }
      for (let i = changed.length - 1; i >= 0; i--) {
        residual[changed[i]!]! += amounts[i]!;
        residual[reverse[changed[i]!]!]! -= amounts[i]!;
      }
      return left <= 0 ? limit : total / scale;
    },
  };
}

const tail = ({ to, reverse }: Network, arc: number): number => to[reverse[arc]!]!;
