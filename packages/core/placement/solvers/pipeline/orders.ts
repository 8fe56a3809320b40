/** @file Topological orders to search along, where all predecessor-closed sets are too many. */
import { randomStream } from "../../../random/index.ts";
import type { Contracted } from "./contract.ts";

/** Breadth first. */
export function kahnOrder(graph: Contracted): number[] {
  return orderBy(graph, (ready) => ready.shift()!);
}

/** `count` different orders: by number, breadth first, depth first, and random ones of a fixed seed. */
export function detours(graph: Contracted, count: number): number[][] {
  const orders = [
    Array.from({ length: graph.count }, (_, v) => v),
    kahnOrder(graph),
    orderBy(graph, (ready) => ready.pop()!),
  ];
  const random = randomStream(1, "placement/orders");
  while (orders.length < count) {
    // Mostly depth first, as good contiguous parts are, with a share of jumps that differs by order.
    const jumps = random.uniform() ** 2;
    orders.push(
      orderBy(graph, (ready) => {
        const at = random.uniform() < jumps ? random.integer(ready.length) : ready.length - 1;
        return ready.splice(at, 1)[0]!;
      }),
    );
  }
  return orders;
}

function orderBy(graph: Contracted, take: (ready: number[]) => number): number[] {
  const missing = graph.predecessors.map((list) => list.length);
  const ready: number[] = [];
  missing.forEach((count, v) => count === 0 && ready.push(v));
  const order: number[] = [];
  while (ready.length > 0) {
    const v = take(ready);
    order.push(v);
    for (const w of graph.successors[v]!) if (--missing[w]! === 0) ready.push(w);
  }
  return order;
}
