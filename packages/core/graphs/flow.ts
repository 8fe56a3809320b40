/**
 * @file Maximum flow and minimum cut by push-relabel: first in, first out, gaps, global relabelling (Goldberg and
 * Tarjan 1988; Cherkassky and Goldberg 1997). Capacities are whole numbers in doubles, so that sums are exact.
 */

/** A network with residual capacities. Arc a leaves a vertex in whose row it stands; `reverse[a]` is its way back. */
export interface Network {
  vertices: number;
  start: Int32Array;
  to: Int32Array;
  reverse: Int32Array;
  residual: Float64Array;
}

/** The network of arcs `from[i] -> to[i]` with capacity `forth[i]`, and `back[i]` the other way. */
export function networkOf(
  vertices: number,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  forth: ArrayLike<number>,
  back: ArrayLike<number>,
): Network {
  const arcs = from.length;
  const start = new Int32Array(vertices + 1);
  for (let i = 0; i < arcs; i++) {
    start[from[i]! + 1]!++;
    start[to[i]! + 1]!++;
  }
  for (let v = 0; v < vertices; v++) start[v + 1]! += start[v]!;
  const at = start.slice();
  const heads = new Int32Array(2 * arcs);
  const reverse = new Int32Array(2 * arcs);
  const residual = new Float64Array(2 * arcs);
  for (let i = 0; i < arcs; i++) {
    const u = from[i]!;
    const v = to[i]!;
    const a = at[u]!++;
    const b = at[v]!++;
    heads[a] = v;
    heads[b] = u;
    reverse[a] = b;
    reverse[b] = a;
    residual[a] = forth[i]!;
    residual[b] = back[i]!;
  }
  return { vertices, start, to: heads, reverse, residual };
}

/** What a maximum flow says: its value, and the vertices from which the sink can still be reached. */
export interface Cut {
  value: number;
  /** 1 on the sink's side: the smallest set that a minimum cut can leave there. */
  sinkSide: Uint8Array;
  /** What no arc takes on, per vertex; the sink's is the value. */
  excess: Float64Array;
}

/**
 * Pushes from `source` as much as `sink` can get. Only a preflow: vertices on the source's side may keep an excess
 * (`returnExcess` takes it back), which changes neither the value nor the cut.
 */
export function minimumCut(network: Network, source: number, sink: number): Cut {
  const { vertices, start, to, reverse, residual } = network;
  const excess = new Float64Array(vertices);
  for (let a = start[source]!; a < start[source + 1]!; a++) {
    const amount = residual[a]!;
    if (amount === 0) continue;
    residual[a] = 0;
    residual[reverse[a]!]! += amount;
    excess[to[a]!]! += amount;
  }
  excess[source] = 0;
  drain(network, excess, sink, source);
  const sinkSide = new Uint8Array(vertices);
  const distance = distances(network, sink, source);
  for (let v = 0; v < vertices; v++) if (distance[v]! < vertices) sinkSide[v] = 1;
  return { value: excess[sink]!, sinkSide, excess };
}

/** Sends what lies on vertices on the source's side back to the source: the preflow becomes a flow. */
export function returnExcess(network: Network, { excess }: Cut, source: number, sink: number): void {
  const arrived = excess[sink]!;
  excess[sink] = 0;
  drain(network, excess, source, sink);
  excess[sink] = arrived;
}

/** Arcs on a way to `target` over residual arcs; `vertices` where there is none. `barred` is not passed. */
function distances({ vertices, start, to, reverse, residual }: Network, target: number, barred: number): Int32Array {
  const distance = new Int32Array(vertices).fill(vertices);
  const queue = new Int32Array(vertices);
  distance[target] = 0;
  queue[0] = target;
  let size = 1;
  for (let head = 0; head < size; head++) {
    const v = queue[head]!;
    for (let a = start[v]!; a < start[v + 1]!; a++) {
      const u = to[a]!;
      if (residual[reverse[a]!] === 0 || distance[u] !== vertices || u === barred) continue;
      distance[u] = distance[v]! + 1;
      queue[size++] = u;
    }
  }
  return distance;
}

/** Moves all excess that can get there to `target`, never through `barred`. */
function drain(network: Network, excess: Float64Array, target: number, barred: number): void {
  const { vertices: n, start, to, reverse, residual } = network;
  const current = start.slice(0, n);
  // Vertices with excess wait in a ring; how many vertices stand at each label, to find gaps.
  const ring = new Int32Array(n + 1);
  const waiting = new Uint8Array(n);
  const standing = new Int32Array(n + 1);
  let head = 0;
  let tail = 0;
  const wait = (v: number): void => {
    if (waiting[v]) return;
    waiting[v] = 1;
    ring[tail++] = v;
    if (tail > n) tail = 0;
  };
  let distance = distances(network, target, barred);
  const count = (): void => {
    standing.fill(0);
    for (let v = 0; v < n; v++) standing[distance[v]!]!++;
  };
  count();
  for (let v = 0; v < n; v++) if (v !== target && v !== barred && excess[v]! > 0) wait(v);

  // Exact labels cost a search through the network; this often they pay on graphs as long and thin as networks are.
  const patience = 0.7 * (6 * n + (to.length >> 1));
  let work = 0;
  while (head !== tail) {
    const v = ring[head++]!;
    if (head > n) head = 0;
    waiting[v] = 0;
    const label = distance[v]!;
    if (label >= n) continue;
    let amount = excess[v]!;
    const end = start[v + 1]!;
    let a = current[v]!;
    for (; a < end; a++) {
      const room = residual[a]!;
      if (room === 0) continue;
      const w = to[a]!;
      if (distance[w] !== label - 1) continue;
      const pushed = amount < room ? amount : room;
      residual[a] = room - pushed;
      residual[reverse[a]!]! += pushed;
      excess[w]! += pushed;
      if (w !== target) wait(w);
      amount -= pushed;
      if (amount === 0) break;
    }
    excess[v] = amount;
    current[v] = a;
    if (amount === 0) continue;
    // No way down any more: lift it just above its lowest neighbour, and let others go first.
    let lowest = n;
    work += 12 + end - start[v]!;
    for (let b = start[v]!; b < end; b++) {
      if (residual[b] === 0) continue;
      const candidate = distance[to[b]!]! + 1;
      if (candidate < lowest) {
        lowest = candidate;
        current[v] = b;
      }
    }
    if (--standing[label]! === 0) {
      // A gap: what stands above it cannot reach the target.
      for (let u = 0; u < n; u++) if (distance[u]! > label) distance[u] = n;
      lowest = n;
    }
    distance[v] = lowest;
    if (lowest < n) {
      standing[lowest]!++;
      wait(v);
    }
    if (work > patience) {
      work = 0;
      distance = distances(network, target, barred);
      current.set(start.subarray(0, n));
      count();
    }
  }
}
