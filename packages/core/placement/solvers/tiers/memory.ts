/**
 * @file Tiers with limited memory: a price per byte on each tier (Lagrange multipliers) makes the cut avoid what is
 * full and gives a lower bound for any prices; branch and bound closes what gap is left.
 */
import { InputError } from "../../../errors/index.ts";
import { reach, type Reach } from "./check.ts";
import { cutTiers } from "./cut.ts";
import { tierCosts, type Prices, type TierGraph } from "./problem.ts";
import { fits, memoryOf, placement, type TierOptions, type TierPlacement } from "./answer.ts";

interface Branch {
  bound: number;
  /** Tiers per node that this branch leaves open. */
  on: (readonly number[] | undefined)[];
  /** Prices of a byte on each tier, as good as the parent found them. */
  multipliers: number[];
  depth: number;
}

/** Steps by which a branch's bound is raised: of the first branch, and of others. */
const steps = { root: 80, branch: 12 };

/** Goes on from the cut's answer `free`, which does not fit. */
export function placeWithinMemory(
  graph: TierGraph,
  prices: Prices,
  free: { tiers: ArrayLike<number>; bound: number },
  options: TierOptions,
): TierPlacement {
  checkMemory(graph);
  const search: Search = {
    graph,
    prices,
    free: free.tiers,
    limit: graph.tiers.map((tier) => tier.memory ?? Infinity),
    memory: graph.nodes.map((node) => node.memory ?? 0),
    cuts: 1,
    best: undefined,
  };
  const most = options.cuts ?? 2000;
  const queue: Branch[] = [
    {
      bound: free.bound,
      on: graph.nodes.map((node) => node.on),
      multipliers: graph.tiers.map(() => 0),
      depth: 0,
    },
  ];
  let proved = free.bound;
  while (queue.length > 0) {
    let at = 0;
    queue.forEach((branch, i) => branch.bound < queue[at]!.bound && (at = i));
    proved = queue[at]!.bound;
    if (proved >= toBeat(search)) break;
    if (search.cuts >= most || options.stop?.()) break;
    const branch = queue.splice(at, 1)[0]!;
    const { bound, split, tier } = explore(search, branch, branch.depth === 0 ? steps.root : steps.branch);
    if (split === undefined || tier === undefined || bound >= toBeat(search)) {
      if (queue.length === 0) proved = search.best?.value ?? Infinity;
      // Its own bound may still be the least that is open.
      if (bound < Infinity && bound < toBeat(search)) queue.push({ ...branch, bound });
      continue;
    }
    queue.push(...halves(search, { ...branch, bound }, split, tier));
  }
  if (queue.length === 0) proved = search.best?.value ?? Infinity;
  const { best, cuts } = search;
  if (!best) throw notFound(graph, queue.length > 0 ? cuts : undefined);
  return placement(graph, prices, best.tiers, Math.min(proved, best.value), cuts);
}

interface Search {
  graph: TierGraph;
  prices: Prices;
  /** The cut's answer where memory is no matter. */
  free: ArrayLike<number>;
  /** Bytes of every tier, Infinity where it has no limit; and of every node. */
  limit: number[];
  memory: number[];
  /** Minimum cuts solved so far. */
  cuts: number;
  /** The best that fits so far. */
  best: { tiers: ArrayLike<number>; value: number } | undefined;
}

/** What bounds have to stay below for a branch to be of interest. */
const toBeat = ({ best }: Search): number => shave(best?.value);

function keep(search: Search, tiers: ArrayLike<number>): void {
  const { graph, prices, best } = search;
  if (!fits(graph, tiers)) return;
  const value = tierCosts(graph, prices, Array.from(tiers)).total;
  if (!best || value < best.value) search.best = { tiers, value };
}

/** Solves a branch: raises its bound step by step, keeps what fits, says where to branch. */
function explore(search: Search, branch: Branch, count: number): { bound: number; split?: number; tier?: number } {
  const { graph, prices, limit, memory } = search;
  const narrowed: TierGraph = {
    ...graph,
    nodes: graph.nodes.map((node, v) => (branch.on[v] ? { ...node, on: branch.on[v] } : node)),
  };
  const reached = reachOf(narrowed, prices);
  if (!reached) return { bound: Infinity };
  let { bound, multipliers } = branch;
  let at: ArrayLike<number> = search.free;
  let pace = 1;
  for (let step = 0; step < count; step++) {
    const now = multipliers;
    const priced: Prices = {
      ...prices,
      compute: prices.compute.map((row, v) => row.map((cost, k) => cost + now[k]! * memory[v]!)),
    };
    const cut = cutTiers(narrowed, priced, reached);
    search.cuts++;
    const paid = now.reduce((sum, price, k) => (price > 0 ? sum + price * limit[k]! : sum), 0);
    const value = cut.bound - paid;
    if (value > bound) {
      bound = value;
      branch.multipliers = now;
    } else if (step > 2) pace *= 0.7;
    at = cut.tiers;
    keep(search, at);
    const room = toBeat(search);
    if (bound >= room) return { bound };
    const over = memoryOf(graph, at).map((used, k) => (limit[k] === Infinity ? 0 : used - limit[k]!));
    const norm = over.reduce((sum, x, k) => (x > 0 || now[k]! > 0 ? sum + x * x : sum), 0);
    if (norm === 0) return { bound: Math.max(bound, value) };
    // Polyak's step towards the best known value, or a fair guess where none is known.
    const target = Number.isFinite(room) ? room : 1.1 * Math.max(value, bound) + 1e-12;
    const length = (pace * Math.max(target - value, 1e-3 * Math.abs(value))) / norm;
    multipliers = now.map((price, k) => Math.max(0, price + length * over[k]!));
  }
  const split = nodeToSplit(search, reached, at);
  // Where nothing is left to choose the one placement is `at`, kept above if it fits.
  return split === undefined ? { bound: Infinity } : { bound, split, tier: at[split]! };
}

/** Undefined where pins leave some node no tier. */
function reachOf(graph: TierGraph, prices: Prices): Reach | undefined {
  try {
    return reach(graph, prices);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

/** The largest node of the fullest tier that could run elsewhere; else any that could. */
function nodeToSplit(
  { graph, limit, memory }: Search,
  { first, last }: Reach,
  at: ArrayLike<number>,
): number | undefined {
  const over = memoryOf(graph, at).map((used, k) => used - limit[k]!);
  const full = over.indexOf(Math.max(...over));
  let split = -1;
  for (let v = 0; v < memory.length; v++) {
    if (at[v] !== full && over[full]! > 0) continue;
    if (first[v] === last[v]) continue;
    if (split < 0 || memory[v]! > memory[split]!) split = v;
  }
  if (split < 0) for (let v = 0; v < memory.length; v++) if (first[v] !== last[v]) split = v;
  return split < 0 ? undefined : split;
}

/** A branch with a node on a tier, and one with it on the others. */
function halves({ graph }: Search, branch: Branch, split: number, tier: number): Branch[] {
  const tiers = graph.tiers.map((_, k) => k).filter((k) => branch.on[split]?.includes(k) ?? true);
  return [[tier], tiers.filter((k) => k !== tier)]
    .filter((on) => on.length > 0)
    .map((on) => ({ ...branch, on: branch.on.with(split, on), depth: branch.depth + 1 }));
}

/** @param cuts solved when the search ended early; undefined where it is proved that nothing fits */
function notFound({ tiers }: TierGraph, cuts: number | undefined): InputError {
  if (cuts !== undefined) {
    return new InputError(
      "ERR_PLACEMENT_SEARCH",
      `no placement within the tiers' memory was found in ${cuts} minimum cuts; allow more, or more memory`,
    );
  }
  const memory = tiers.map((tier) => `"${tier.name}" ${tier.memory ?? "unlimited"}`).join(", ");
  return new InputError(
    "ERR_PLACEMENT_MEMORY",
    `no placement fits the tiers' memory (${memory} bytes) with these pins and data flowing one way`,
  );
}

/** A bound this close to the value proves it. */
const shave = (value: number | undefined): number => (value === undefined ? Infinity : value * (1 - 1e-11));

function checkMemory(graph: TierGraph): void {
  const needed = graph.nodes.reduce((sum, node) => sum + (node.memory ?? 0), 0);
  const room = graph.tiers.reduce((sum, tier) => sum + (tier.memory ?? Infinity), 0);
  if (needed > room) {
    throw new InputError(
      "ERR_PLACEMENT_MEMORY",
      `the tiers' memory is ${needed - room} bytes short: expected at most ${room} in all, the nodes need ${needed}`,
    );
  }
  graph.nodes.forEach((node) => {
    const open = graph.tiers.filter((_, k) => node.on?.includes(k) ?? true);
    const most = Math.max(...open.map((tier) => tier.memory ?? Infinity));
    if ((node.memory ?? 0) > most) {
      throw new InputError(
        "ERR_PLACEMENT_MEMORY",
        `no tier can hold node "${node.name}": expected at most ${most} bytes, got ${node.memory}`,
      );
    }
  });
}
