/** @file What a tier problem must be, and which tiers each node can reach once pins are carried along the data. */
import { InputError, internal } from "../../../errors/index.ts";
import { findCycle, rowsOf, topologicalOrder } from "../../../graphs/index.ts";
import { cyclic } from "../pipeline/index.ts";
import type { Hop, Prices, TierGraph } from "./problem.ts";

/** Per node: the first and the last tier, and which of those between it may take. */
export interface Reach {
  first: Int32Array;
  last: Int32Array;
  allowed(node: number, tier: number): boolean;
}

/** @throws InputError that names the node, tensor or hop. */
export function checkTiers(graph: TierGraph, prices: Prices): void {
  const { nodes, tensors, tiers } = graph;
  const n = nodes.length;
  const count = tiers.length;
  if (n === 0) throw bad("nodes: expected at least one, got none");
  if (count === 0 || count > 64) throw bad(`tiers: expected 1 to 64, got ${count}`);
  tiers.forEach(({ name, memory = Infinity }, k) => {
    if (!(memory >= 0)) throw bad(`tiers[${k}] "${name}": expected memory >= 0, got ${memory}`);
  });
  const nodeAt = (v: unknown, where: string): void => {
    if (!Number.isInteger(v) || (v as number) < 0 || (v as number) >= n) {
      throw bad(`${where}: expected a node from 0 to ${n - 1}, got ${String(v)}`);
    }
  };
  const from: number[] = [];
  const to: number[] = [];
  tensors.forEach(({ producer, consumers, bytes, name }, t) => {
    const where = `tensors[${t}]${name === undefined ? "" : ` "${name}"`}`;
    if (producer !== null) nodeAt(producer, where);
    if (!(bytes >= 0 && bytes < Infinity)) throw bad(`${where}: expected bytes >= 0, got ${bytes}`);
    for (const v of consumers) {
      nodeAt(v, where);
      if (producer === null) continue;
      from.push(producer);
      to.push(v);
    }
  });
  for (const { node, bytes } of graph.outputs ?? []) {
    nodeAt(node, "outputs");
    if (!(bytes >= 0 && bytes < Infinity)) throw bad(`outputs: expected bytes >= 0, got ${bytes}`);
  }
  const answerAt = graph.answerAt ?? 0;
  if (!Number.isInteger(answerAt) || answerAt < 0 || answerAt >= count) {
    throw bad(`answerAt: expected a tier from 0 to ${count - 1}, got ${answerAt}`);
  }
  nodes.forEach(({ name, memory = 0, on }, v) => {
    if (!(memory >= 0 && memory < Infinity)) throw bad(`nodes[${v}] "${name}": expected memory >= 0, got ${memory}`);
    for (const k of on ?? []) {
      if (!Number.isInteger(k) || k < 0 || k >= count) {
        throw bad(`nodes[${v}] "${name}".on: expected tiers from 0 to ${count - 1}, got ${k}`);
      }
    }
  });
  checkPrices(graph, prices);
  const cycle = findCycle(n, rowsOf(n, from, to));
  if (cycle) throw cyclic(cycle.map((v) => nodes[v]!.name));
}

function checkPrices({ nodes, tiers }: TierGraph, { compute, hops, back }: Prices): void {
  if (compute.length !== nodes.length) throw bad(`compute: expected ${nodes.length} rows, got ${compute.length}`);
  compute.forEach((row, v) => {
    const where = `compute[${v}] of node "${nodes[v]!.name}"`;
    if (row.length !== tiers.length) throw bad(`${where}: expected ${tiers.length} costs, got ${row.length}`);
    for (const cost of row) if (!(cost >= 0)) throw bad(`${where}: expected a cost >= 0 or Infinity, got ${cost}`);
  });
  const check = (list: readonly Hop[], called: string): void => {
    if (list.length !== tiers.length - 1) {
      throw bad(`${called}: expected ${tiers.length - 1} (one between neighbouring tiers), got ${list.length}`);
    }
    list.forEach(({ perByte, fixed }, h) => {
      for (const cost of [perByte, fixed]) {
        if (!(cost >= 0 && cost < Infinity)) throw bad(`${called}[${h}]: expected finite costs >= 0, got ${cost}`);
      }
    });
  };
  check(hops, "hops");
  if (back) check(back, "back");
}

/**
 * Tiers that nodes can take when data only flows onwards: a node runs no earlier than what it reads and no later than
 * what reads it.
 *
 * @throws InputError when a node is left without a tier; it names the node and what forces it.
 */
export function reach(graph: TierGraph, prices: Prices): Reach {
  const { nodes, tensors, tiers } = graph;
  const n = nodes.length;
  const allowed = (v: number, k: number): boolean =>
    prices.compute[v]![k]! < Infinity && (nodes[v]!.on?.includes(k) ?? true);
  const first = new Int32Array(n);
  const last = new Int32Array(n).fill(tiers.length - 1);
  // What moved a node's limit, for the message.
  const because = { first: new Int32Array(n).fill(-1), last: new Int32Array(n).fill(-1) };
  const from: number[] = [];
  const to: number[] = [];
  for (const { producer, consumers } of tensors) {
    if (producer === null) continue;
    for (const v of consumers) {
      from.push(producer);
      to.push(v);
    }
  }
  const rows = rowsOf(n, from, to);
  const order = topologicalOrder(n, rows);
  if (!order) throw internal("pins are carried along a graph with a cycle");
  const tied = tensors.filter((tensor) => tensor.private === true);
  const settle = (v: number): void => {
    while (first[v]! < tiers.length && !allowed(v, first[v]!)) first[v]!++;
    while (last[v]! >= 0 && !allowed(v, last[v]!)) last[v]!--;
    if (first[v]! > last[v]!) throw stuck(graph, v, because, first, last, allowed);
  };
  const raise = (v: number, tier: number, cause: number): boolean => {
    if (tier <= first[v]!) return false;
    first[v] = tier;
    because.first[v] = cause;
    settle(v);
    return true;
  };
  const lower = (v: number, tier: number, cause: number): boolean => {
    if (tier >= last[v]!) return false;
    last[v] = tier;
    because.last[v] = cause;
    settle(v);
    return true;
  };
  for (let v = 0; v < n; v++) settle(v);
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < n; i++) {
      const v = order[i]!;
      for (let a = rows.start[v]!; a < rows.start[v + 1]!; a++) {
        changed = raise(rows.to[a]!, first[v]!, v) || changed;
      }
    }
    for (let i = n - 1; i >= 0; i--) {
      const v = order[i]!;
      for (let a = rows.start[v]!; a < rows.start[v + 1]!; a++) {
        changed = lower(v, last[rows.to[a]!]!, rows.to[a]!) || changed;
      }
    }
    // A private tensor binds its readers to its maker.
    for (const { producer, consumers } of tied) {
      for (const v of consumers) {
        changed = lower(v, producer === null ? 0 : last[producer]!, producer ?? -1) || changed;
        if (producer !== null) changed = raise(producer, first[v]!, v) || changed;
      }
    }
  }
  return { first, last, allowed };
}

function stuck(
  graph: TierGraph,
  v: number,
  because: { first: Int32Array; last: Int32Array },
  first: Int32Array,
  last: Int32Array,
  allowed: (v: number, k: number) => boolean,
): InputError {
  const name = (u: number): string => `"${graph.nodes[u]!.name}"`;
  const called = (k: number): string => `"${graph.tiers[k]!.name}"`;
  const able = graph.tiers.map((_, k) => k).filter((k) => allowed(v, k));
  if (able.length === 0) {
    return new InputError(
      "ERR_PLACEMENT_HOST",
      `no tier can run node ${name(v)}: each is ruled out by its pins or cannot run it`,
    );
  }
  const reasons: string[] = [`it may run on ${able.map(called).join(", ")}`];
  const early = because.first[v]!;
  const late = because.last[v]!;
  if (early >= 0) reasons.push(`it reads from ${name(early)}, which runs on ${called(first[early]!)} at the earliest`);
  if (late >= 0)
    reasons.push(`it serves ${name(late)}, which runs on ${called(Math.max(0, last[late]!))} at the latest`);
  if (early < 0 && late < 0) reasons.push("what it reads must not leave the first tier");
  return new InputError("ERR_PLACEMENT_HOST", `no tier is left for node ${name(v)}: ${reasons.join("; ")}`);
}

const bad = (message: string): InputError => new InputError("ERR_PLACEMENT_PROBLEM", message);
