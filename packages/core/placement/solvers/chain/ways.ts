/** @file The cheapest way of every message between every two hosts. */
import { messageBytes, type Chain, type ChainPrices } from "./problem.ts";

export interface Ways {
  /** Cost of message i from one host to another; Infinity where there is no way. */
  cost(message: number, from: number, to: number): number;
  /** The links that it takes. */
  links(message: number, from: number, to: number): number[];
}

/** Shortest ways (Floyd and Warshall 1962) for every size of message; on ties the fewest links. */
export function waysOf(chain: Chain, prices: ChainPrices): Ways {
  const n = chain.hosts.length;
  const bySize = new Map<number, { cost: Float64Array; next: Int32Array }>();
  const tableOf = (bytes: number): { cost: Float64Array; next: Int32Array } => {
    const known = bySize.get(bytes);
    if (known) return known;
    const cost = new Float64Array(n * n).fill(Infinity);
    // The link to take first.
    const next = new Int32Array(n * n).fill(-1);
    for (let h = 0; h < n; h++) cost[h * n + h] = 0;
    chain.links.forEach(([a, b], link) => {
      const { perByte, fixed } = prices.links[link]!;
      const price = fixed + perByte * bytes;
      for (const at of chain.oneWay?.[link] ? [a * n + b] : [a * n + b, b * n + a]) {
        if (price >= cost[at]!) continue;
        cost[at] = price;
        next[at] = link;
      }
    });
    for (let via = 0; via < n; via++) {
      for (let a = 0; a < n; a++) {
        for (let b = 0; b < n; b++) {
          const price = cost[a * n + via]! + cost[via * n + b]!;
          if (price >= cost[a * n + b]!) continue;
          cost[a * n + b] = price;
          next[a * n + b] = next[a * n + via]!;
        }
      }
    }
    const table = { cost, next };
    bySize.set(bytes, table);
    return table;
  };
  return {
    cost(message, from, to) {
      if (chain.onwards && to < from && message < chain.pieces.length) return Infinity;
      return tableOf(messageBytes(chain, message)).cost[from * n + to]!;
    },
    links(message, from, to) {
      const { next } = tableOf(messageBytes(chain, message));
      const links: number[] = [];
      for (let at = from; at !== to;) {
        const link = next[at * n + to]!;
        links.push(link);
        const [a, b] = chain.links[link]!;
        at = at === a ? b : a;
      }
      return links;
    },
  };
}
