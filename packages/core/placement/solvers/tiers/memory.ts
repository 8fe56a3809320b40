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

/** Goes on from the cut's answer `free`, which does not fit. */
export function placeWithinMemory(
  graph: TierGraph,
  prices: Prices,
  free: { tiers: ArrayLike<number>; bound: number },
  options: TierOptions,
): TierPlacement {
  checkMemory(graph);
  const limit = graph.tiers.map((tier) => tier.memory ?? Infinity);
  const memory = graph.nodes.map((node) => node.memory ?? 0);
  const most = options.cuts ?? 2000;
  let cuts = 1;
  let best: { tiers: ArrayLike<number>; value: number } | undefined;
  const keep = (tiers: ArrayLike<number>): void => {
    if (!fits(graph, tiers)) return;
    const value = tierCosts(graph, prices, Array.from(tiers)).total;
    if (!best || value < best.value) best = { tiers, value };
  };
  const open = (reached: Reach | undefined): reached is Reach => reached !== undefined;

  /** Solves a branch: raises its bound step by step, keeps what fits, says where to branch. */
  const explore = (branch: Branch, steps: number): { bound: number; split?: number; tier?: number } => {
    const narrowed: TierGraph = {
      ...graph,
      nodes: graph.nodes.map((node, v) => (branch.on[v] ? { ...node, on: branch.on[v] } : node)),
    };
    let reached: Reach | undefined;
    try {
      reached = reach(narrowed, prices);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    if (!open(reached)) return { bound: Infinity };
    let bound = branch.bound;
    let multipliers = branch.multipliers;
    let at: ArrayLike<number> = free.tiers;
    let pace = 1;
    for (let step = 0; step < steps; step++) {
      const now = multipliers;
      const priced: Prices = {
        ...prices,
        compute: prices.compute.map((row, v) => row.map((cost, k) => cost + now[k]! * memory[v]!)),
      };
      const cut = cutTiers(narrowed, priced, reached);
      cuts++;
      const paid = now.reduce((sum, price, k) => (price > 0 ? sum + price * limit[k]! : sum), 0);
      const value = cut.bound - paid;
      if (value > bound) {
        bound = value;
        branch.multipliers = now;
      } else if (step > 2) pace *= 0.7;
      at = cut.tiers;
      keep(at);
      const room = shave(best?.value);
      if (bound >= room) return { bound };
      const over = memoryOf(graph, at).map((used, k) => (limit[k] === Infinity ? 0 : used - limit[k]!));
      const norm = over.reduce((sum, x, k) => (x > 0 || now[k]! > 0 ? sum + x * x : sum), 0);
      if (norm === 0) return { bound: Math.max(bound, value) };
      // Polyak's step towards the best known value, or a fair guess where none is known.
      const target = Number.isFinite(room) ? room : 1.1 * Math.max(value, bound) + 1e-12;
      const length = (pace * Math.max(target - value, 1e-3 * Math.abs(value))) / norm;
      multipliers = now.map((price, k) => Math.max(0, price + length * over[k]!));
    }
    // Branch on the largest node of the fullest tier that could run elsewhere.
    const over = memoryOf(graph, at).map((used, k) => used - limit[k]!);
    const full = over.indexOf(Math.max(...over));
    let split = -1;
    for (let v = 0; v < memory.length; v++) {
      if (at[v] !== full && over[full]! > 0) continue;
      if (reached.first[v] === reached.last[v]) continue;
      if (split < 0 || memory[v]! > memory[split]!) split = v;
    }
    if (split < 0) for (let v = 0; v < memory.length; v++) if (reached.first[v] !== reached.last[v]) split = v;
    if (split >= 0) return { bound, split, tier: at[split]! };
    // Nothing is left to choose: the one placement is `at`, kept above if it fits.
    return { bound: Infinity };
  };

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
    if (proved >= shave(best?.value)) break;
    if (cuts >= most || options.stop?.()) break;
    const branch = queue.splice(at, 1)[0]!;
    const { bound, split, tier } = explore(branch, branch.depth === 0 ? 80 : 12);
    if (split === undefined || tier === undefined || bound >= shave(best?.value)) {
      if (queue.length === 0) proved = best?.value ?? Infinity;
      // Its own bound may still be the least that is open.
      if (bound < Infinity && bound < shave(best?.value)) queue.push({ ...branch, bound });
      continue;
    }
    const tiers = graph.tiers.map((_, k) => k).filter((k) => branch.on[split]?.includes(k) ?? true);
    for (const on of [[tier], tiers.filter((k) => k !== tier)]) {
      if (on.length === 0) continue;
      const narrowed = [...branch.on];
      narrowed[split] = on;
      queue.push({ bound, on: narrowed, multipliers: branch.multipliers, depth: branch.depth + 1 });
    }
  }
  if (queue.length === 0) proved = best?.value ?? Infinity;
  if (!best) {
    if (queue.length > 0) {
      throw new InputError(
        "ERR_PLACEMENT_SEARCH",
        `no placement within the tiers' memory was found in ${cuts} minimum cuts; allow more, or more memory`,
      );
    }
    throw new InputError(
      "ERR_PLACEMENT_MEMORY",
      `no placement fits the tiers' memory (${graph.tiers.map((tier) => `"${tier.name}" ${tier.memory ?? "unlimited"}`).join(", ")} bytes) with these pins and data flowing one way`,
    );
  }
  return placement(graph, prices, best.tiers, Math.min(proved, best.value), cuts);
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
