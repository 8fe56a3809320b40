/**
 * @file The cheapest placement of a chain on hosts joined in any way: a shortest path through (piece, host), which is
 * exact; where hosts have too little room for its answer, branch and bound with that path as the bound.
 */
import { InputError } from "../../errors/index.ts";
import {
  chainCosts,
  checkChain,
  openTo,
  type Chain,
  type ChainCosts,
  type ChainPrices,
  type ChainRoute,
} from "./problem.ts";
import { along, hostsOf, sumsOf, waysFrom } from "./along.ts";
import { waysOf, type Ways } from "./ways.ts";

export interface ChainOptions {
  /** Shortest paths searched at most where room is short (default 20,000). */
  paths?: number;
  /** Asked between paths; true ends the search with what there is. */
  stop?: () => boolean;
}

export interface ChainPlacement extends ChainRoute {
  value: number;
  /** No placement costs less. */
  bound: number;
  /** (value - bound) / value. */
  gap: number;
  costs: ChainCosts;
  /** Shortest paths searched. */
  paths: number;
}

/** A part of the placements: the hosts that each piece is left with, and what none of them can cost less than. */
interface Branch {
  open: number[][];
  hosts: number[];
  least: number;
}

/**
 * The cheapest placement. A host may be passed or come back to; ties go to the host that is named first.
 *
 * @throws InputError when the problem is malformed, or nothing fits
 */
export function placeChain(chain: Chain, prices: ChainPrices, options: ChainOptions = {}): ChainPlacement {
  checkChain(chain, prices);
  const ways = waysOf(chain, prices);
  const most = options.paths ?? 20_000;
  let paths = 0;
  const search = (open: number[][]): Branch | undefined => {
    paths++;
    const found = shortest(chain, prices, ways, open);
    return found && { open, ...found };
  };
  const first = search(chain.pieces.map((_, i) => openTo(chain, prices, i)));
  if (!first) throw apart(chain);
  let best: Pick<Branch, "hosts" | "least"> | undefined;
  const keep = (found: Pick<Branch, "hosts" | "least">): void => {
    if (found.least < (best?.least ?? Infinity)) best = found;
  };
  const queue = [first];
  let bound = first.least;
  while (queue.length > 0) {
    let at = 0;
    queue.forEach((branch, i) => branch.least < queue[at]!.least && (at = i));
    bound = queue[at]!.least;
    if ((best && bound >= best.least * (1 - 1e-12)) || paths >= most || options.stop?.()) break;
    const branch = queue.splice(at, 1)[0]!;
    const conflict = overfull(chain, branch.hosts);
    if (!conflict) {
      keep(branch);
      break;
    }
    if (branch === first) for (const found of inStretches(chain, prices, ways, first.open)) keep(found);
    for (const open of apartFrom(branch.open, conflict)) {
      const next = search(open);
      if (next && next.least < (best?.least ?? Infinity)) queue.push(next);
    }
    if (queue.length === 0) bound = best?.least ?? Infinity;
  }
  if (!best) {
    throw queue.length > 0
      ? new InputError(
          "ERR_PLACEMENT_SEARCH",
          `no placement with room on every host was found in ${paths} searches; allow more time, or more memory`,
        )
      : new InputError("ERR_PLACEMENT_MEMORY", "no placement fits: the hosts have too little memory for all pieces");
  }
  const { hosts } = best;
  const at = (i: number): number => (i < 0 ? chain.source : (hosts[i] ?? chain.answer.host));
  const route = { hosts, ways: Array.from({ length: hosts.length + 1 }, (_, i) => ways.links(i, at(i - 1), at(i))) };
  const costs = chainCosts(chain, prices, route);
  const value = costs.total;
  const proved = value - bound <= 1e-11 * value ? value : Math.min(bound, value);
  return { ...route, value, bound: proved, gap: value > 0 ? (value - proved) / value : 0, costs, paths };
}

/** Dynamic programming from the first piece on: the least cost with piece i on host h, and where the one before ran. */
function shortest(
  { pieces, hosts, source, answer }: Chain,
  { compute, enter }: ChainPrices,
  ways: Ways,
  open: readonly (readonly number[])[],
): { hosts: number[]; least: number } | undefined {
  const count = hosts.length;
  const from = pieces.map(() => new Int32Array(count));
  let reached = new Float64Array(count).fill(Infinity);
  reached[source] = 0;
  // What differs by rounding only is a tie.
  const better = (cost: number, than: number): boolean => cost < than - 1e-13 * Math.min(than, 1e300);
  const cheapest = (message: number, to: number): { host: number; cost: number } => {
    let [host, cost] = [-1, Infinity];
    for (let h = 0; h < count; h++) {
      if (reached[h] === Infinity) continue;
      const entered = message > 0 && message < pieces.length && h !== to ? (enter?.[to] ?? 0) : 0;
      const total = reached[h]! + ways.cost(message, h, to) + entered;
      if (better(total, cost)) [host, cost] = [h, total];
    }
    return { host, cost };
  };
  pieces.forEach((_, i) => {
    const next = new Float64Array(count).fill(Infinity);
    for (const to of open[i]!) {
      const { host, cost } = cheapest(i, to);
      from[i]![to] = host;
      next[to] = cost + compute[i]![to]!;
    }
    reached = next;
  });
  const { host: last, cost: least } = cheapest(pieces.length, answer.host);
  if (last < 0) return undefined;
  const chosen = [last];
  for (let i = pieces.length - 1; i > 0; i--) chosen.unshift(from[i]![chosen[0]!]!);
  return { hosts: chosen, least };
}

/** The best placements along ways of links with one stretch per host that fit: where a search within memory begins. */
function inStretches(
  chain: Chain,
  prices: ChainPrices,
  ways: Ways,
  open: readonly (readonly number[])[],
): { hosts: number[]; least: number }[] {
  const n = chain.pieces.length;
  return waysFrom(chain).flatMap((way) => {
    const sums = way.hosts.map((host) => sumsOf(prices.compute, host));
    const found = along(
      chain,
      open,
      way,
      (k, { host, first, last }) => {
        // The host that ends it answers; those behind it have nothing to do.
        const message =
          last < n ? ways.cost(last, host, way.hosts[k + 1]!) : first < n ? ways.cost(n, host, chain.answer.host) : 0;
        const entered = first > 0 && last > first ? (prices.enter?.[host] ?? 0) : 0;
        return entered + sums[k]!(first, last) + message;
      },
      "sum",
      { weight: Number.MAX_VALUE, value: Infinity },
    );
    return found ? [{ hosts: hostsOf(chain, found.stretches), least: found.value }] : [];
  });
}

interface Conflict {
  host: number;
  /** Pieces that the host has no room for together. */
  pieces: number[];
}

/** A host without room for what it is to run, and as few of its pieces as show it. */
function overfull({ hosts: all, fits }: Chain, hosts: readonly number[]): Conflict | undefined {
  if (!fits) return undefined;
  for (let host = 0; host < all.length; host++) {
    let pieces = hosts.flatMap((h, i) => (h === host ? [i] : []));
    if (pieces.length === 0 || fits(host, pieces)) continue;
    for (const piece of pieces) {
      const fewer = pieces.filter((other) => other !== piece);
      if (fewer.length > 0 && !fits(host, fewer)) pieces = fewer;
    }
    return { host, pieces };
  }
  return undefined;
}

/** All placements without the conflict, in parts that do not overlap: the first piece elsewhere, or it there and the second elsewhere, ... */
function apartFrom(open: readonly (readonly number[])[], { host, pieces }: Conflict): number[][][] {
  return pieces.flatMap((piece, n) => {
    const kept = new Set(pieces.slice(0, n));
    const next = open.map((hosts, i) =>
      kept.has(i) ? [host] : i === piece ? hosts.filter((h) => h !== host) : [...hosts],
    );
    return next[piece]!.length > 0 ? [next] : [];
  });
}

function apart({ hosts, source }: Chain): InputError {
  return new InputError(
    "ERR_PLACEMENT_HOST",
    `no placement fits: no links lead from ${hosts[source]!.name} to the hosts that may run the pieces`,
  );
}
