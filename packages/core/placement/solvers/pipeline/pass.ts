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
  const { ideals, kinds, unable, memory, openCost, tensorCost, readStart, readers } = table;
  const { count, full, bits, words, topStart, top, openStart, open } = ideals;
  const sum = quest.goal === "latency";
  const stride: number[] = [];
  let states = 1;
  for (const kind of kinds) {
    stride.push(states);
    states *= kind.count + 1;
  }
  const best: Float64Array[] = [];
  // Where a value comes from: an ideal with the kind of the stage, or -1 - k for "a host of kind k does nothing".
  const origin: Int32Array[] = [];
  const kindOf: Uint8Array[] = [];
  for (let s = 0; s < states; s++) {
    best.push(new Float64Array(count).fill(Infinity));
    origin.push(new Int32Array(count));
    kindOf.push(new Uint8Array(count));
  }
  best[0]![0] = 0;

  let { below } = quest;
  let finished = true;
  let end = -1;
  const used = (s: number, k: number): number => Math.floor(s / stride[k]!) % (kinds[k]!.count + 1);
  const everyKind = kinds.reduce((mask, kind, k) => (kind.count > 0 ? mask | (1 << k) : mask), 0);
  const least = sum ? sumLeft(table, everyKind) : undefined;

  /** Whether the hosts that are left after state s can take what is left after an ideal. */
  const survivors = (s: number): ((ideal: number) => boolean) => {
    let mask = 0;
    let room = 0;
    kinds.forEach((kind, k) => {
      const rest = kind.count - used(s, k);
      if (rest === 0) return;
      mask |= 1 << k;
      room += rest * kind.memory;
    });
    if (mask === 0) return (ideal) => ideal === full;
    const { y, work, stuck } = table.left(mask);
    let share = 0;
    kinds.forEach((kind, k) => (share += (kind.count - used(s, k)) * y[k]!));
    const all = memory[full]!;
    return (ideal) =>
      stuck[ideal] === 0 &&
      all - memory[ideal]! <= room * (1 + 1e-12) &&
      (sum || below === Infinity || work[ideal]! <= below * share * (1 + 1e-9));
  };

  for (let s = 0; s < states && finished; s++) {
    const value = best[s]!;
    const fresh: number[] = [];
    const alive = survivors(s);
    const came = origin[s]!;
    for (let i = 0; i < count; i++) if (value[i]! < below && came[i]! >= 0 && i !== full && alive(i)) fresh.push(i);
    for (let k = 0; k < kinds.length; k++) {
      if (used(s, k) === kinds[k]!.count) continue;
      const next = s + stride[k]!;
      const nextValue = best[next]!;
      const nextOrigin = origin[next]!;
      const nextKind = kindOf[next]!;
      const costs = table.cost[k]!;
      const slack = 1e-12 * costs[full]!;
      const bad = unable[k];
      const { link, memory: room } = kinds[k]!;
      // An idle host: the same value with one more used, and no need to go on from there as well.
      for (let i = 0; i < count; i++) {
        if (value[i]! >= nextValue[i]!) continue;
        nextValue[i] = value[i]!;
        nextOrigin[i] = -1 - k;
      }
      if (fresh.length === 0) continue;
      const ok = survivors(next);
      const window = table.byCost[k]!.filter(ok);
      const keys = new Float64Array(window.length);
      for (let i = 0; i < window.length; i++) keys[i] = costs[window[i]!]!;
      for (const from of fresh) {
        const start = value[from]!;
        const base = costs[from]!;
        const limit = sum ? below - start : below;
        const atFrom = from * words;
        let w = lowerBound(keys, base - slack);
        const first = w;
        for (; w < window.length; w++) {
          const compute = keys[w]! - base;
          if (compute >= limit) break;
          const to = window[w]!;
          const at = to * words;
          if (to === from) continue;
          let ok = true;
          for (let i = topStart[from]!, last = topStart[from + 1]!; i < last; i++) {
            const v = top[i]!;
            if (((bits[at + (v >>> 5)]! >>> (v & 31)) & 1) === 0) {
              ok = false;
              break;
            }
          }
          if (!ok || memory[to]! - memory[from]! > room) continue;
          if (bad && bad[to] !== bad[from]) continue;
          let load = compute;
          if (link !== 0) {
            let moved = openCost[to]!;
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
              if (some) moved += tensorCost[t]!;
              // Still open after the stage, but made before it: not this stage's to send.
              if (!every) moved -= tensorCost[t]!;
            }
            load += link * moved;
          }
          const total = sum ? start + load : Math.max(start, load);
          if ((least ? total + least[to]! : total) >= below || total >= nextValue[to]!) continue;
          const { without } = quest;
          if (without && without.kind === k && same(bits, at, atFrom, words, without, load)) continue;
          nextValue[to] = total;
          nextOrigin[to] = from;
          nextKind[to] = k;
          if (to !== full) continue;
          below = total;
          end = next;
        }
        if (quest.stop(w - first + 1)) {
          finished = false;
          break;
        }
      }
      if (!finished) break;
    }
  }
  if (end < 0) return { finished };
  return { finished, found: { value: below, stages: trace(end, full, stride, origin, kindOf) } };
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

function trace(
  end: number,
  full: number,
  stride: readonly number[],
  origin: readonly Int32Array[],
  kindOf: readonly Uint8Array[],
): Found["stages"] {
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
