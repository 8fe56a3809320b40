/** @file The cheapest placement of a chain on hosts joined in any way, with its proof. */
import { InputError } from "../../../errors/index.ts";
import {
  chainCosts,
  checkChain,
  openTo,
  type Chain,
  type ChainCosts,
  type ChainPrices,
  type ChainRoute,
} from "./problem.ts";
import { shortest } from "./path.ts";
import { fits, withinRoom } from "./room.ts";
import { waysOf } from "./ways.ts";

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

/**
 * The cheapest placement: a shortest path, which is exact; where that does not fit, branch and bound goes on from there. A
 * host may be passed or come back to; ties go to the host that is named first.
 *
 * @throws InputError when the problem is malformed, or nothing fits
 */
export function placeChain(chain: Chain, prices: ChainPrices, options: ChainOptions = {}): ChainPlacement {
  checkChain(chain, prices);
  const ways = waysOf(chain, prices);
  const open = chain.pieces.map((_, i) => openTo(chain, prices, i));
  const free = shortest(chain, prices, ways, open);
  if (!free) throw apart(chain);
  let [hosts, bound, paths] = [free.hosts, free.least, 1];
  const { room } = chain;
  if (room && !fits(chain, free.hosts)) {
    const limits = { paths: options.paths ?? 20_000, stop: options.stop ?? (() => false) };
    const found = withinRoom({ ...chain, room }, prices, ways, open, limits);
    if (!found.best) {
      throw found.bound < Infinity
        ? new InputError(
            "ERR_PLACEMENT_SEARCH",
            `no placement with room on every host was found in ${found.paths} searches; allow more time, or more memory`,
          )
        : new InputError("ERR_PLACEMENT_MEMORY", "no placement fits: the hosts have too little memory for all pieces");
    }
    [hosts, bound, paths] = [found.best.hosts, found.bound, paths + found.paths];
  }
  const at = (i: number): number => (i < 0 ? chain.source : (hosts[i] ?? chain.answer.host));
  const route = { hosts, ways: Array.from({ length: hosts.length + 1 }, (_, i) => ways.links(i, at(i - 1), at(i))) };
  const costs = chainCosts(chain, prices, route);
  const value = costs.total;
  const proved = value - bound <= 1e-11 * value ? value : Math.min(bound, value);
  return { ...route, value, bound: proved, gap: value > 0 ? (value - proved) / value : 0, costs, paths };
}

function apart({ hosts, source }: Chain): InputError {
  return new InputError(
    "ERR_PLACEMENT_HOST",
    `no placement fits: no links lead from ${hosts[source]!.name} to the hosts that may run the pieces`,
  );
}
