/**
 * @file One pass of the recursion: the best chain of ideals with a value below a threshold, or the proof that there is
 * none (among the ideals of the table).
 *
 * best(hosts used, I) = min over kinds k and ideals J inside I of  max(best(hosts used - k, J), load_k(I - J)),
 * with + in place of max for the sum. The threshold cuts three ways: a load below it bounds how far a stage reaches,
 * the hosts that are left bound how little may be done so far, and using fewer hosts for the same value comes first.
 */
import type { Table } from "./table.ts";

export interface Quest {
  goal: "throughput" | "latency";
  /** Only placements with a smaller value are looked for. */
  below: number;
  /** A stage that may not be used. */
  without?: { kind: number; load: number; bits: Int32Array };
  /** Asked now and then, with the number of pairs tried since the last time; true ends the pass early. */
  stop: (pairs: number) => boolean;
}

/** Stages by the ideal they end at, in order; the value as summed along prefixes. */
export interface Found {
  value: number;
  stages: { kind: number; from: number; to: number }[];
}

export interface Pass {
  found?: Found;
  /** False when `stop` ended it, so that finding nothing proves nothing. */
  finished: boolean;
}

/** Above this many (hosts used, ideal) pairs a pass would not fit in memory. */
export const mostStates = 60_000_000;

export function pass(table: Table, quest: Quest): Pass {
  const rows = layOut(table);
  const { ideals, kinds } = table;
  const { count, full } = ideals;
  const search: Search = { table, quest, rows, below: quest.below, end: -1, least: leastLeft(table, quest) };
  let finished = true;
  for (let s = 0; s < rows.states && finished; s++) {
    const value = rows.best[s]!;
    const came = rows.origin[s]!;
    const alive = survivors(search, s);
    const fresh: number[] = [];
    for (let i = 0; i < count; i++)
      if (value[i]! < search.below && came[i]! >= 0 && i !== full && alive(i)) fresh.push(i);
    for (let k = 0; k < kinds.length && finished; k++) {
      if (usedOf(rows, kinds, s, k) === kinds[k]!.count) continue;
      idle(rows, s, k);
      if (fresh.length > 0) finished = extendAll(search, s, k, fresh);
    }
  }
  const { end, below } = search;
  if (end < 0) return { finished };
  return { finished, found: { value: below, stages: trace(end, full, rows) } };
}

/** The best values per state (hosts used of every kind) and ideal, and where they come from. */
interface Rows {
  states: number;
  /** By how much a state's number grows with one more host of a kind. */
  stride: number[];
  best: Float64Array[];
  /** An ideal with the kind of the stage, or -1 - k for "a host of kind k does nothing". */
  origin: Int32Array[];
  kindOf: Uint8Array[];
}

function layOut({ ideals: { count }, kinds }: Table): Rows {
  const stride: number[] = [];
  let states = 1;
  for (const kind of kinds) {
    stride.push(states);
    states *= kind.count + 1;
  }
  const list = <T>(make: () => T): T[] => Array.from({ length: states }, make);
  const best = list(() => new Float64Array(count).fill(Infinity));
  best[0]![0] = 0;
  const [origin, kindOf] = [list(() => new Int32Array(count)), list(() => new Uint8Array(count))];
  return { states, stride, best, origin, kindOf };
}

/** Hosts of a kind that a state has used. */
const usedOf = ({ stride }: Rows, kinds: Table["kinds"], s: number, k: number): number =>
  Math.floor(s / stride[k]!) % (kinds[k]!.count + 1);

interface Search {
  table: Table;
  quest: Quest;
  rows: Rows;
  /** Only what is smaller is still of interest; `end` is the state that reached it, -1 while none has. */
  below: number;
  end: number;
  /** For sums: the least time in which the nodes left after each ideal can run. */
  least: Float64Array | undefined;
}

function leastLeft(table: Table, { goal }: Quest): Float64Array | undefined {
  if (goal !== "latency") return undefined;
  return sumLeft(
    table,
    table.kinds.reduce((mask, kind, k) => (kind.count > 0 ? mask | (1 << k) : mask), 0),
  );
}

/** Whether the hosts that are left after state s can take what is left after an ideal. */
function survivors({ table, quest, rows, below }: Search, s: number): (ideal: number) => boolean {
  const { ideals, kinds, memory } = table;
  const { full } = ideals;
  let mask = 0;
  let room = 0;
  const left = kinds.map((kind, k) => kind.count - usedOf(rows, kinds, s, k));
  kinds.forEach((kind, k) => {
    if (left[k] === 0) return;
    mask |= 1 << k;
    room += left[k]! * kind.memory;
  });
  if (mask === 0) return (ideal) => ideal === full;
  const { y, work, stuck } = table.left(mask);
  const share = left.reduce((sum, count, k) => sum + count * y[k]!, 0);
  const all = memory[full]!;
  const free = quest.goal === "latency" || below === Infinity;
  return (ideal) =>
    stuck[ideal] === 0 &&
    all - memory[ideal]! <= room * (1 + 1e-12) &&
    (free || work[ideal]! <= below * share * (1 + 1e-9));
}

/** An idle host: the same value with one more used, and no need to go on from there as well. */
function idle({ best, origin, stride }: Rows, s: number, k: number): void {
  const value = best[s]!;
  const next = best[s + stride[k]!]!;
  const came = origin[s + stride[k]!]!;
  for (let i = 0; i < value.length; i++) {
    if (value[i]! >= next[i]!) continue;
    next[i] = value[i]!;
    came[i] = -1 - k;
  }
}

/** Tries every stage on a host of kind k behind the ideals `fresh`; false where it was stopped. */
function extendAll(search: Search, s: number, k: number, fresh: readonly number[]): boolean {
  const { table, quest, rows } = search;
  const next = s + rows.stride[k]!;
  const costs = table.cost[k]!;
  const window = table.byCost[k]!.filter(survivors(search, next));
  const keys = new Float64Array(window.length);
  for (let i = 0; i < window.length; i++) keys[i] = costs[window[i]!]!;
  const slack = 1e-12 * costs[table.ideals.full]!;
  for (const from of fresh) {
    const pairs = extend(search, { from, start: rows.best[s]![from]!, k, next, window, keys, slack });
    if (quest.stop(pairs)) return false;
  }
  return true;
}

interface Extension {
  from: number;
  /** The value up to `from`. */
  start: number;
  k: number;
  /** The state with the host used. */
  next: number;
  /** Ideals that are still of interest, by ascending cost on hosts of the kind, and these costs. */
  window: Int32Array;
  keys: Float64Array;
  slack: number;
}

/** Tries the stages from one ideal to all that hold it; gives the pairs looked at. */
function extend(search: Search, { from, start, k, next, window, keys, slack }: Extension): number {
  const { table, rows, quest, least } = search;
  const { ideals, kinds, memory } = table;
  const { full, bits, words, topStart, top } = ideals;
  const sum = quest.goal === "latency";
  const { without } = quest;
  const { link, memory: room } = kinds[k]!;
  const bad = table.unable[k];
  const nextValue = rows.best[next]!;
  const base = table.cost[k]![from]!;
  const limit = sum ? search.below - start : search.below;
  const [firstTop, lastTop] = [topStart[from]!, topStart[from + 1]!];
  const first = lowerBound(keys, base - slack);
  let w = first;
  for (; w < window.length; w++) {
    const compute = keys[w]! - base;
    if (compute >= limit) break;
    const to = window[w]!;
    const at = to * words;
    if (to === from) continue;
    let ok = true;
    for (let i = firstTop; i < lastTop; i++) {
      const v = top[i]!;
      if (((bits[at + (v >>> 5)]! >>> (v & 31)) & 1) === 0) {
        ok = false;
        break;
      }
    }
    if (!ok || memory[to]! - memory[from]! > room) continue;
    if (bad && bad[to] !== bad[from]) continue;
    const load = link === 0 ? compute : compute + link * moved(table, from, to);
    const total = sum ? start + load : Math.max(start, load);
    if ((least ? total + least[to]! : total) >= search.below || total >= nextValue[to]!) continue;
    if (without && without.kind === k && same(bits, at, from * words, words, without, load)) continue;
    nextValue[to] = total;
    rows.origin[next]![to] = from;
    rows.kindOf[next]![to] = k;
    if (to !== full) continue;
    search.below = total;
    search.end = next;
  }
  return w - first + 1;
}

/** What the stage between two ideals takes in and sends out, as tensors cost. */
function moved({ ideals, openCost, tensorCost, readStart, readers }: Table, from: number, to: number): number {
  const { bits, words, openStart, open } = ideals;
  const [at, atFrom] = [to * words, from * words];
  let cost = openCost[to]!;
  for (let i = openStart[from]!, last = openStart[from + 1]!; i < last; i++) {
    const t = open[i]!;
    let some = false;
    let every = true;
    for (let j = readStart[t]!, stop = readStart[t + 1]!; j < stop; j++) {
      const v = readers[j]!;
      const word = v >>> 5;
      const bit = v & 31;
      if (((bits[at + word]! >>> bit) & 1) === 0) every = false;
      else if (((bits[atFrom + word]! >>> bit) & 1) === 0) some = true;
    }
    if (some) cost += tensorCost[t]!;
    // Still open after the stage, but made before it: not this stage's to send.
    if (!every) cost -= tensorCost[t]!;
  }
  return cost;
}

/** The least time in which the nodes left after each ideal can run, wherever they run. */
function sumLeft(table: Table, mask: number): Float64Array {
  const { ideals, kinds } = table;
  const { count, parent, added, full } = ideals;
  const own = new Map<number, number>();
  const left = new Float64Array(count);
  for (let i = 1; i < count; i++) {
    const v = added[i]!;
    let least = own.get(v);
    if (least === undefined) {
      least = Infinity;
      for (let k = 0; k < kinds.length; k++) {
        if (((mask >>> k) & 1) === 0) continue;
        const bad = table.unable[k];
        if (bad && bad[i] !== bad[parent[i]!]) continue;
        least = Math.min(least, table.cost[k]![i]! - table.cost[k]![parent[i]!]!);
      }
      own.set(v, least);
    }
    left[i] = left[parent[i]!]! + least;
  }
  const all = left[full]!;
  // A hair less, for the rounding of prefix sums.
  return left.map((done) => Math.max(0, all - done - 1e-12 * all));
}

function lowerBound(keys: Float64Array, key: number): number {
  let lo = 0;
  let hi = keys.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (keys[mid]! < key) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

function same(
  bits: Int32Array,
  to: number,
  from: number,
  words: number,
  stage: { load: number; bits: Int32Array },
  load: number,
): boolean {
  if (Math.abs(load - stage.load) > 1e-9 * Math.max(1, stage.load)) return false;
  for (let i = 0; i < words; i++) if ((bits[to + i]! & ~bits[from + i]!) !== stage.bits[i]) return false;
  return true;
}

function trace(end: number, full: number, { stride, origin, kindOf }: Rows): Found["stages"] {
  const stages: Found["stages"] = [];
  let state = end;
  let ideal = full;
  while (ideal !== 0) {
    const from = origin[state]![ideal]!;
    if (from < 0) {
      state -= stride[-1 - from]!;
      continue;
    }
    const kind = kindOf[state]![ideal]!;
    stages.unshift({ kind, from, to: ideal });
    state -= stride[kind]!;
    ideal = from;
  }
  return stages;
}
