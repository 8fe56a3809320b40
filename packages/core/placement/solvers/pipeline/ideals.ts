/**
 * @file Predecessor-closed sets (ideals) of a graph: all of them, or those along some topological orders. Contiguous
 * parts in a row are the differences of a growing chain of ideals.
 */
import type { Contracted } from "./contract.ts";

/** Ideals with what the recursion asks of each. Number 0 is the empty set. */
export interface Ideals {
  count: number;
  /** Index of the set of all nodes. */
  full: number;
  /** Whether every ideal of the graph is here. */
  complete: boolean;
  /** 32-bit words per set; node v is bit v % 32 of word v / 32. */
  words: number;
  bits: Int32Array;
  /** Each set is `parent` plus `added` (0 and -1 for the empty set). Parents come first. */
  parent: Int32Array;
  added: Int32Array;
  /** Nodes without successor in the set: another set holds this one if and only if it holds these. */
  topStart: Int32Array;
  top: Int32Array;
  /** Tensors made in the set and read outside it. */
  openStart: Int32Array;
  open: Int32Array;
}

/** An Int32Array that grows. */
interface List {
  data: Int32Array;
  length: number;
}

const list = (): List => ({ data: new Int32Array(1024), length: 0 });

function reserve(list: List, more: number): void {
  if (list.length + more <= list.data.length) return;
  const grown = new Int32Array(Math.max(2 * list.data.length, list.length + more));
  grown.set(list.data.subarray(0, list.length));
  list.data = grown;
}

function push(list: List, value: number): void {
  if (list.length === list.data.length) reserve(list, 1);
  list.data[list.length++] = value;
}

interface Builder {
  add(parent: number, node: number): number;
  count(): number;
  finish(full: number, complete: boolean): Ideals;
  bits: List;
  words: number;
}

function builder(graph: Contracted): Builder {
  const words = Math.max(1, (graph.count + 31) >>> 5);
  const bits = list();
  const parent = list();
  const added = list();
  const topStart = list();
  const top = list();
  const openStart = list();
  const open = list();
  reserve(bits, words);
  bits.length = words;
  push(parent, 0);
  push(added, -1);
  for (const starts of [topStart, openStart]) {
    push(starts, 0);
    push(starts, 0);
  }

  const add = (from: number, node: number): number => {
    const id = parent.length;
    push(parent, from);
    push(added, node);
    reserve(bits, words);
    const at = bits.length;
    bits.data.copyWithin(at, from * words, from * words + words);
    bits.length += words;
    bits.data[at + (node >>> 5)]! |= 1 << (node & 31);

    const before = graph.predecessors[node]!;
    for (let i = topStart.data[from]!; i < topStart.data[from + 1]!; i++) {
      const v = top.data[i]!;
      if (!before.includes(v)) push(top, v);
    }
    push(top, node);
    push(topStart, top.length);

    const read = graph.read[node]!;
    for (let i = openStart.data[from]!; i < openStart.data[from + 1]!; i++) {
      const t = open.data[i]!;
      if (read.includes(t) && inside(bits.data, at, graph.consumers[t]!)) continue;
      push(open, t);
    }
    for (const t of graph.made[node]!) push(open, t);
    push(openStart, open.length);
    return id;
  };

  const finish = (full: number, complete: boolean): Ideals => ({
    count: parent.length,
    full,
    complete,
    words,
    bits: bits.data.subarray(0, bits.length),
    parent: parent.data.subarray(0, parent.length),
    added: added.data.subarray(0, added.length),
    topStart: topStart.data.subarray(0, topStart.length),
    top: top.data.subarray(0, top.length),
    openStart: openStart.data.subarray(0, openStart.length),
    open: open.data.subarray(0, open.length),
  });
  return { add, count: () => parent.length, finish, bits, words };
}

function inside(bits: Int32Array, at: number, nodes: Int32Array): boolean {
  for (let i = 0; i < nodes.length; i++) {
    const v = nodes[i]!;
    if (((bits[at + (v >>> 5)]! >>> (v & 31)) & 1) === 0) return false;
  }
  return true;
}

/**
 * All ideals; undefined when there are more than `most`.
 *
 * Each is met once: taking away the highest-numbered node of an ideal leaves an ideal, since numbers are a topological
 * order, so an ideal grows only by nodes numbered above all it holds.
 */
export function allIdeals(graph: Contracted, most: number): Ideals | undefined {
  const build = builder(graph);
  const { words } = build;
  // For each ideal on the stack: nodes that may join it, ascending.
  const stack: { id: number; ready: number[] }[] = [];
  const roots: number[] = [];
  for (let v = 0; v < graph.count; v++) if (graph.predecessors[v]!.length === 0) roots.push(v);
  stack.push({ id: 0, ready: roots });
  let full = 0;
  while (stack.length > 0) {
    const { id, ready } = stack.pop()!;
    for (let i = 0; i < ready.length; i++) {
      const v = ready[i]!;
      const child = build.add(id, v);
      if (child >= most) return undefined;
      const next = ready.slice(i + 1);
      const at = child * words;
      for (const w of graph.successors[v]!) {
        const before = graph.predecessors[w]!;
        let all = true;
        for (let j = 0; j < before.length && all; j++) {
          const u = before[j]!;
          all = ((build.bits.data[at + (u >>> 5)]! >>> (u & 31)) & 1) === 1;
        }
        if (all) next.push(w);
      }
      full = child;
      if (next.length > 0) stack.push({ id: child, ready: next });
    }
  }
  // The set of all nodes is the one that holds the most.
  const ideals = build.finish(0, true);
  full = 0;
  const size = new Int32Array(ideals.count);
  for (let i = 1; i < ideals.count; i++) {
    size[i] = size[ideals.parent[i]!]! + 1;
    if (size[i]! > size[full]!) full = i;
  }
  return { ...ideals, full };
}

/** The ideals along some topological orders, each met once. */
export function idealsAlong(graph: Contracted, orders: readonly (readonly number[])[]): Ideals {
  const build = builder(graph);
  const { words } = build;
  const known = new Map<string, number>();
  const many = orders.length > 1;
  let id = 0;
  for (const order of orders) {
    id = 0;
    const now = new Int32Array(words);
    for (const v of order) {
      now[v >>> 5]! |= 1 << (v & 31);
      const key = many ? now.join(",") : "";
      const seen = many ? known.get(key) : undefined;
      const next = seen ?? build.add(id, v);
      if (many) known.set(key, next);
      id = next;
    }
  }
  return build.finish(id, build.count() === graph.count + 1 && isPath(graph));
}

/** Whether the graph has one topological order only. */
function isPath(graph: Contracted): boolean {
  for (let v = 1; v < graph.count; v++) if (!graph.predecessors[v]!.includes(v - 1)) return false;
  return true;
}
