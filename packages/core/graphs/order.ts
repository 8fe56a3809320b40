/** @file Orders of directed graphs: topological order, cycles, strongly connected components. */

/** Successors in compressed rows: those of `v` are `to[start[v]] .. to[start[v + 1] - 1]`. */
export interface Rows {
  start: Int32Array;
  to: Int32Array;
}

/** Compressed rows of the pairs `[from[i], to[i]]`, in their order. */
export function rowsOf(nodes: number, from: ArrayLike<number>, to: ArrayLike<number>): Rows {
  const start = new Int32Array(nodes + 1);
  for (let i = 0; i < from.length; i++) start[from[i]! + 1]!++;
  for (let v = 0; v < nodes; v++) start[v + 1]! += start[v]!;
  const at = start.slice();
  const flat = new Int32Array(from.length);
  for (let i = 0; i < from.length; i++) flat[at[from[i]!]!++] = to[i]!;
  return { start, to: flat };
}

/**
 * The strongly connected component of every node (Tarjan, with an explicit stack). Components are numbered so that
 * every arc between two of them goes from a lower to a higher number: the numbers are a topological order.
 */
export function components(nodes: number, { start, to }: Rows): { of: Int32Array; count: number } {
  const of = new Int32Array(nodes).fill(-1);
  const index = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const next = new Int32Array(nodes);
  const path: number[] = [];
  const open: number[] = [];
  let time = 0;
  let count = 0;
  for (let root = 0; root < nodes; root++) {
    if (index[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const v = path[path.length - 1]!;
      if (index[v] === -1) {
        index[v] = low[v] = time++;
        next[v] = start[v]!;
        open.push(v);
      }
      if (next[v]! < start[v + 1]!) {
        const w = to[next[v]!++]!;
        if (index[w] === -1) path.push(w);
        else if (of[w] === -1) low[v] = Math.min(low[v]!, index[w]!);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[v]!);
      if (low[v] !== index[v]) continue;
      for (;;) {
        const w = open.pop()!;
        of[w] = count;
        if (w === v) break;
      }
      count++;
    }
  }
  // Tarjan finishes a component after all that it leads to.
  for (let v = 0; v < nodes; v++) of[v] = count - 1 - of[v]!;
  return { of, count };
}

/** The nodes so that every arc leads onwards (Kahn); undefined where there is a cycle. */
export function topologicalOrder(nodes: number, { start, to }: Rows): Int32Array | undefined {
  const missing = new Int32Array(nodes);
  for (let a = 0; a < to.length; a++) missing[to[a]!]!++;
  const order = new Int32Array(nodes);
  let size = 0;
  for (let v = 0; v < nodes; v++) if (missing[v] === 0) order[size++] = v;
  for (let i = 0; i < size; i++) {
    const v = order[i]!;
    for (let a = start[v]!; a < start[v + 1]!; a++) if (--missing[to[a]!]! === 0) order[size++] = to[a]!;
  }
  return size === nodes ? order : undefined;
}

/** A shortest cycle through the component of some node, as node indices; undefined where the graph has none. */
export function findCycle(nodes: number, rows: Rows): number[] | undefined {
  if (topologicalOrder(nodes, rows)) return undefined;
  const { of, count } = components(nodes, rows);
  const { start, to } = rows;
  const size = new Int32Array(count);
  for (let v = 0; v < nodes; v++) size[of[v]!]!++;
  for (let v = 0; v < nodes; v++) {
    const itself = to.subarray(start[v], start[v + 1]).includes(v);
    if (itself) return [v];
    if (size[of[v]!]! < 2) continue;
    const from = new Map<number, number>();
    const queue = [v];
    for (const u of queue) {
      for (const w of to.subarray(start[u], start[u + 1])) {
        if (w === v) {
          const cycle = [u];
          while (cycle[0] !== v) cycle.unshift(from.get(cycle[0]!)!);
          return cycle;
        }
        if (of[w] !== of[v] || from.has(w)) continue;
        from.set(w, u);
        queue.push(w);
      }
    }
  }
  return undefined;
}
