/** @file The set of tensors with the fewest bytes that separates one part of a graph from another. */
import type { GraphIndex } from "./graph.ts";

/** Augmenting paths looked for at most; a graph that needs more keeps the cuts along its order. */
const mostPaths = 5000;

/**
 * The tensors strictly between two single-tensor cuts (or the inputs, the outputs) that separate them with the fewest
 * bytes: a minimum vertex cut by augmenting shortest paths (Edmonds and Karp 1972). Absent where there is none.
 */
export function leastCut(
  index: GraphIndex,
  needed: readonly number[],
  { from, to }: { from: string | undefined; to: string | undefined },
  bytesOf: (tensor: string) => number | undefined,
): string[] | undefined {
  const start = from === undefined ? 0 : needed.indexOf(index.producer.get(from)!) + 1;
  const end = to === undefined ? needed.length : needed.indexOf(index.producer.get(to)!) + 1;
  const block = needed.slice(start, end);
  if (block.length < 3) return undefined;

  // A tensor is two vertices (there, sent) joined by its bytes; sending is free up to the nodes that read it.
  const ids = new Map<string, number>();
  const names: string[] = [];
  const arcs: { to: number; room: number }[] = [];
  const leaving: number[][] = [[], []];
  const vertex = (): number => leaving.push([]) - 1;
  const arc = (a: number, b: number, room: number): void => {
    leaving[a]!.push(arcs.push({ to: b, room }) - 1);
    leaving[b]!.push(arcs.push({ to: a, room: 0 }) - 1);
  };
  const [source, sink] = [0, 1];
  const tensor = (name: string, room: number): number => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const there = vertex();
    arc(there, vertex(), room);
    ids.set(name, there);
    names[there] = name;
    return there;
  };
  const answered = new Set(index.outputs);
  for (const name of from === undefined ? index.inputs : [from]) arc(source, tensor(name, Infinity), Infinity);
  for (const i of block) {
    const run = vertex();
    for (const name of index.reads[i]!) {
      const at = ids.get(name);
      if (at !== undefined) arc(at + 1, run, Infinity);
    }
    for (const name of index.nodes[i]!.output) {
      if (name === "") continue;
      const ends = to === undefined ? answered.has(name) : name === to;
      const at = tensor(name, ends ? Infinity : (bytesOf(name) ?? Infinity));
      arc(run, at, Infinity);
      if (ends) arc(at + 1, sink, Infinity);
    }
  }

  const via = new Int32Array(leaving.length);
  const search = (): Set<number> | undefined => {
    const seen = new Set([source]);
    for (const v of seen) {
      for (const a of leaving[v]!) {
        const w = arcs[a]!.to;
        if (arcs[a]!.room <= 0 || seen.has(w)) continue;
        seen.add(w);
        via[w] = a;
        if (w === sink) return undefined;
      }
    }
    return seen;
  };
  for (let paths = 0; paths < mostPaths; paths++) {
    const side = search();
    if (side) return names.filter((_, v) => side.has(v) && !side.has(v + 1));
    let room = Infinity;
    for (let v = sink; v !== source; v = arcs[via[v]! ^ 1]!.to) room = Math.min(room, arcs[via[v]!]!.room);
    if (room === Infinity) return undefined;
    for (let v = sink; v !== source; v = arcs[via[v]! ^ 1]!.to) {
      arcs[via[v]!]!.room -= room;
      arcs[via[v]! ^ 1]!.room += room;
    }
  }
  return undefined;
}
