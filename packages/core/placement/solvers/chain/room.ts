/**
 * @file Chains on hosts with little room: a price per byte of parameters on each host (Lagrange multipliers) makes the
 * shortest path avoid what is full and bounds the cost of what fits; branch and bound closes what gap is left.
 */
import { along, hostsOf, sumsOf, waysFrom } from "./path-dp.ts";
import { costOfHosts, shortest } from "./path.ts";
import { fitsOn, type Chain, type ChainPrices, type ChainRoom } from "./problem.ts";
import type { Ways } from "./ways.ts";

interface Known {
  hosts: number[];
  least: number;
}

/** A part of the placements: the hosts that each piece is left with, and what none of them can cost less than. */
interface Branch {
  open: number[][];
  bound: number;
  /** Prices of a byte on each host, as good as the parent found them. */
  multipliers: number[];
}

/** Paths to find multipliers with, at the root and in a branch. */
const steps = { root: 100, branch: 10 };

/** The cheapest placement that fits, if one was found, and a bound (Infinity: proved that there is none). */
export function withinRoom(
  chain: Chain & { room: ChainRoom },
  prices: ChainPrices,
  ways: Ways,
  open: number[][],
  limits: { paths: number; stop: () => boolean },
): { best: Known | undefined; bound: number; paths: number } {
  const { room, hosts: all } = chain;
  const needed = room.needs.map(({ parameters }) => parameters);
  // Whoever runs anything has room for some piece's activations too.
  const least = Math.min(...room.needs.map(({ activations }) => activations));
  const caps = room.limits.map((limit) => Math.max(0, limit - least));
  let best: Known | undefined;
  let paths = 0;
  const offer = (hosts: number[]): void => {
    if (!fits(chain, hosts)) return;
    const cost = costOfHosts(chain, prices, ways, hosts);
    if (cost < (best?.least ?? Infinity)) best = { hosts, least: cost };
  };
  const beaten = (bound: number): boolean => best !== undefined && bound >= best.least * (1 - 1e-12);

  /** Raises a branch's bound step by step, keeps what fits, gives the hosts to branch on; none where the branch is done. */
  const explore = (branch: Branch, count: number): number[] | undefined => {
    let { multipliers } = branch;
    let [at, pace] = [undefined as number[] | undefined, 1];
    for (let step = 0; step < count; step++) {
      const now = multipliers;
      const compute = prices.compute.map((row, i) => row.map((cost, h) => cost + now[h]! * needed[i]!));
      paths++;
      const found = shortest(chain, { ...prices, compute }, ways, branch.open);
      if (!found) return undefined;
      const value = now.reduce((sum, price, h) => (price > 0 ? sum - price * caps[h]! : sum), found.least);
      at ??= found.hosts;
      if (value > branch.bound) {
        branch.bound = value;
        branch.multipliers = now;
        at = found.hosts;
      } else if (step > 2) pace *= 0.8;
      offer(found.hosts);
      if (beaten(branch.bound)) return undefined;
      const used = all.map(() => 0);
      found.hosts.forEach((h, i) => (used[h]! += needed[i]!));
      const over = used.map((bytes, h) => (room.limits[h] === Infinity ? 0 : bytes - caps[h]!));
      const norm = over.reduce((sum, x, h) => (x > 0 || now[h]! > 0 ? sum + x * x : sum), 0);
      if (norm === 0) break;
      // Polyak's step towards the best known value, or a fair guess where none is known.
      const target = best?.least ?? 1.1 * Math.max(value, branch.bound) + 1e-12;
      const length = (pace * Math.max(target - value, 1e-3 * Math.abs(value))) / norm;
      multipliers = now.map((price, h) => Math.max(0, price + length * over[h]!));
    }
    return at;
  };

  for (const hosts of inStretches(chain, prices, ways, open)) offer(hosts);
  const root: Branch = { open, bound: -Infinity, multipliers: all.map(() => 0) };
  const queue: { branch: Branch; at: number[] }[] = [];
  const enqueue = (branch: Branch, count: number): void => {
    const at = explore(branch, count);
    if (at && !beaten(branch.bound)) queue.push({ branch, at });
  };
  enqueue(root, steps.root);
  let bound = Infinity;
  while (queue.length > 0) {
    let first = 0;
    queue.forEach(({ branch }, i) => branch.bound < queue[first]!.branch.bound && (first = i));
    bound = queue[first]!.branch.bound;
    if (beaten(bound) || paths >= limits.paths || limits.stop()) break;
    const { branch, at } = queue.splice(first, 1)[0]!;
    const piece = largestOpen(branch, at, needed);
    // Where nothing is left to choose, the one placement was offered.
    if (piece !== undefined) {
      for (const hosts of [[at[piece]!], branch.open[piece]!.filter((h) => h !== at[piece])])
        enqueue({ ...branch, open: branch.open.with(piece, hosts) }, steps.branch);
    }
    bound = Infinity;
  }
  return { best, bound: Math.min(bound, best?.least ?? Infinity), paths };
}

/** The piece with most parameters that can still run on several hosts. */
function largestOpen({ open }: Branch, at: readonly number[], needed: readonly number[]): number | undefined {
  let found: number | undefined;
  at.forEach((_, i) => {
    if (open[i]!.length > 1 && (found === undefined || needed[i]! > needed[found]!)) found = i;
  });
  return found;
}

/** Whether every host has room for its pieces. */
export function fits(chain: Chain, hosts: readonly number[]): boolean {
  return chain.hosts.every((_, host) =>
    fitsOn(
      chain,
      host,
      hosts.flatMap((h, i) => (h === host ? [i] : [])),
    ),
  );
}

/** The best placements along ways of links with one stretch per host that fit: where a search within memory begins. */
function inStretches(chain: Chain, prices: ChainPrices, ways: Ways, open: readonly (readonly number[])[]): number[][] {
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
    return found ? [hostsOf(chain, found.stretches)] : [];
  });
}
