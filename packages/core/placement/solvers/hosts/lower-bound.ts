/** @file The order in which nodes are decided, and bounds on what is still to come after each. */
import { components, rowsOf } from "../../../graphs/index.ts";
import type { Flow } from "./setup.ts";
import type { Routes } from "./problem.ts";

/** A topological order that keeps few tensors alive: always the node that ends more of them than it starts. */
export function narrowOrder(total: number, flows: readonly Flow[]): number[] {
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

export interface Outlook {
  /** Least cost still caused by a live tensor made on `host`, through its readers that are not decided yet. */
  tensor(t: number, host: number, sent: boolean, done: Uint8Array): number;
  /** Least cost of undecided nodes that read nothing, once `v` and all before it are decided. */
  sources(v: number): number;
}

/**
 * Bounds on what is to come, from the last node back: a node's cost and what follows it are shared out equally among the
 * tensors it reads, and a tensor's bytes among its readers; then each share is made as small as it can be by itself.
 */
export function outlook(
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
