/** @file What a pipeline problem must be, before any work starts. */
import { InputError } from "../../../errors/index.ts";
import { findCycle, rowsOf } from "../../../graphs/index.ts";
import type { StageProblem } from "./problem.ts";

/** @throws InputError that names the node, tensor or kind. */
export function checkStages({ nodes, tensors, kinds }: StageProblem): void {
  if (nodes.length === 0) throw bad("nodes: expected at least one, got none");
  if (kinds.length === 0 || kinds.length > 30) throw bad(`kinds: expected 1 to 30 kinds of hosts, got ${kinds.length}`);
  kinds.forEach((kind, k) => {
    if (!Number.isInteger(kind.count) || kind.count < 0 || kind.count > 1000) {
      throw bad(`kinds[${k}] "${kind.name}": expected a count from 0 to 1000, got ${kind.count}`);
    }
    if (!(kind.memory >= 0)) throw bad(`kinds[${k}] "${kind.name}": expected memory >= 0, got ${kind.memory}`);
    if (!(kind.link >= 0 && kind.link < Infinity))
      throw bad(`kinds[${k}] "${kind.name}": expected link >= 0, got ${kind.link}`);
  });
  if (kinds.every((kind) => kind.count === 0)) throw bad("kinds: expected at least one host, got 0 of every kind");
  nodes.forEach((node, v) => {
    if (node.cost.length !== kinds.length) {
      throw bad(`nodes[${v}] "${node.name}": expected ${kinds.length} costs (one per kind), got ${node.cost.length}`);
    }
    for (const cost of node.cost) {
      if (!(cost >= 0)) throw bad(`nodes[${v}] "${node.name}": expected a cost >= 0 or Infinity, got ${cost}`);
    }
    if (!(node.memory >= 0 && node.memory < Infinity)) {
      throw bad(`nodes[${v}] "${node.name}": expected memory >= 0, got ${node.memory}`);
    }
  });
  const from: number[] = [];
  const to: number[] = [];
  tensors.forEach(({ producer, consumers, cost }, t) => {
    for (const v of [producer, ...consumers]) {
      if (!Number.isInteger(v) || v < 0 || v >= nodes.length) {
        throw bad(`tensors[${t}]: expected nodes from 0 to ${nodes.length - 1}, got ${v}`);
      }
    }
    if (!(cost >= 0 && cost < Infinity)) throw bad(`tensors[${t}]: expected a cost >= 0, got ${cost}`);
    for (const v of consumers) {
      from.push(producer);
      to.push(v);
    }
  });
  const cycle = findCycle(nodes.length, rowsOf(nodes.length, from, to));
  if (cycle) throw cyclic(cycle.map((v) => nodes[v]!.name));
}

/** The error for a graph that is not acyclic; shows the way round. */
export function cyclic(names: readonly string[]): InputError {
  const shown = names.length > 6 ? [...names.slice(0, 5), "...", names.at(-1)!] : names;
  return new InputError(
    "ERR_PLACEMENT_CYCLE",
    `expected a graph without cycles, got ${[...shown, names[0]!].map((name) => (name === "..." ? name : `"${name}"`)).join(" -> ")}`,
  );
}

const bad = (message: string): InputError => new InputError("ERR_PLACEMENT_PROBLEM", message);
