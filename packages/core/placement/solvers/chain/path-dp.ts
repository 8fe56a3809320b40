/** @file A chain in stretches along a way of links: each host on the way runs one stretch, maybe none, and passes on the rest. */
import { fitsOn, type Chain } from "./problem.ts";

/** Hosts without repetition, and the links between them. */
export interface Way {
  hosts: number[];
  links: number[];
}

/** One host's stretch: pieces from `first` up to `last` (exclusive). */
export interface StretchOf {
  host: number;
  first: number;
  last: number;
}

/** Ways from the source on that pass no host twice and cannot go on. */
export function waysFrom({ links, source, oneWay }: Chain): Way[] {
  const found: Way[] = [];
  const go = (way: Way): void => {
    const at = way.hosts.at(-1)!;
    let ended = true;
    links.forEach(([a, b], link) => {
      const next = a === at ? b : b === at && !oneWay?.[link] ? a : at;
      if (way.hosts.includes(next)) return;
      ended = false;
      go({ hosts: [...way.hosts, next], links: [...way.links, link] });
    });
    if (ended) found.push(way);
  };
  go({ hosts: [source], links: [] });
  return found;
}

/**
 * The best stretches along a way, by dynamic programming over (host, pieces done).
 * @param open hosts that may run each piece
 * @param weight of the k-th host's stretch, at most `most`; what is not is left out
 * @param join the largest weight counts, or their sum
 * @param most what the answer stays below, or at most equals
 */
export function along(
  chain: Chain,
  open: readonly (readonly number[])[],
  way: Way,
  weight: (k: number, stretch: StretchOf) => number,
  join: "largest" | "sum",
  most: { weight: number; value: number },
): { value: number; stretches: StretchOf[] } | undefined {
  const n = chain.pieces.length;
  const from = way.hosts.map(() => new Int32Array(n + 1).fill(-1));
  let reached = new Float64Array(n + 1).fill(Infinity);
  reached[0] = 0;
  way.hosts.forEach((host, k) => {
    const next = new Float64Array(n + 1).fill(Infinity);
    const final = k === way.hosts.length - 1;
    for (let first = 0; first <= n; first++) {
      if (reached[first] === Infinity) continue;
      const mine: number[] = [];
      for (let last = first; last <= n; last++) {
        if (last > first) {
          mine.push(last - 1);
          if (!open[last - 1]!.includes(host) || !fitsOn(chain, host, mine)) break;
        }
        // Whatever is left has to go on.
        if (final && last < n) continue;
        const own = weight(k, { host, first, last });
        const total = join === "sum" ? reached[first]! + own : Math.max(reached[first]!, own);
        if (own > most.weight || total >= most.value || total >= next[last]!) continue;
        next[last] = total;
        from[k]![last] = first;
      }
    }
    reached = next;
  });
  if (reached[n] === Infinity) return undefined;
  const stretches: StretchOf[] = [];
  for (let k = way.hosts.length - 1, last = n; k >= 0; k--) {
    const first = from[k]![last]!;
    stretches.unshift({ host: way.hosts[k]!, first, last });
    last = first;
  }
  return { value: reached[n]!, stretches };
}

/** Sums of a host's costs over stretches in constant time. */
export function sumsOf(compute: readonly (readonly number[])[], host: number): (first: number, last: number) => number {
  const sums = [0];
  for (const row of compute) sums.push(sums.at(-1)! + (row[host]! < Infinity ? row[host]! : 0));
  return (first, last) => sums[last]! - sums[first]!;
}

/** Host per piece. */
export function hostsOf({ pieces }: Chain, stretches: readonly StretchOf[]): number[] {
  return pieces.map((_, i) => stretches.find(({ first, last }) => first <= i && i < last)!.host);
}
