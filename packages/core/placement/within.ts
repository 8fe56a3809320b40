/** @file The best placement of those that keep another cost within a bound: latency, say, when energy is to be least. */
import { InputError } from "../errors/index.ts";
import { costsOf } from "./costs.ts";
import { place, placementOf, told, type Placement } from "./place.ts";
import { pricesOf } from "./prices.ts";
import { weightsOf, type Cost, type Problem } from "./problem.ts";
import type { Found, Limits } from "./solver.ts";

/** A cost that is to be at most this much for a frame. */
export interface Within {
  cost: Cost;
  most: number;
}

export interface WithinPlacement {
  /** The best within the bound that some weighing of both makes cheapest; where none is: the one with least of the bounded cost. */
  placement: Placement;
  met: boolean;
  /** Its bounded cost; where `met` is false, no placement has less. */
  bounded: number;
}

/**
 * A price on the bounded cost (a Lagrange multiplier) makes it fall until it keeps the bound: where two answers that lie on
 * either side of the bound are both cheapest, none that some weighing makes cheapest lies between them, and their line is a
 * lower bound on everything within. `gap` says how far the answer may be from the best.
 *
 * @param problem one whose objective is a sum over links
 * @throws InputError as `place` does; `ERR_PLACEMENT_MIX` for another objective
 */
export function placeWithin(problem: Problem, within: Within, limits: Limits = {}): WithinPlacement {
  if (problem.objective === "throughput" || problem.hosts.some(({ port }) => port !== undefined))
    throw new InputError("ERR_PLACEMENT_MIX", "expected an objective that is a sum over links, to bound another cost");
  const asked = told(problem);
  const own = weightsOf(problem.objective);
  const both = [pricesOf(asked, own), pricesOf(asked, { [within.cost]: 1 })] as const;
  const at = (objective: number, bounded: number): Tried => {
    const weights = { latency: 0, energy: 0, price: 0 };
    for (const cost of ["latency", "energy", "price"] as const)
      weights[cost] = objective * (own[cost] ?? 0) + (cost === within.cost ? bounded : 0);
    const found = place({ ...problem, objective: { weights } }, { ...limits, explain: false });
    const [value, kept] = both.map((prices) => costsOf(asked, prices, found).total) as [number, number];
    return { found, value, kept };
  };
  const free = place(problem, limits);
  const kept = costsOf(asked, both[1], free).total;
  if (kept <= within.most) return { placement: free, met: true, bounded: kept };
  // A hair of the objective, so that of equals the cheaper one is found.
  const scale = free.value > 0 ? kept / free.value : 0;
  let inside = at(1e-9 * scale, 1);
  let outside: Tried = { found: free, value: free.value, kept };
  const answer = (tried: Tried, bound: number): Placement =>
    placementOf(problem, { ...tried.found, value: tried.value, bound: Math.min(bound, tried.value) });
  if (inside.kept > within.most) {
    const least = at(0, 1);
    return { placement: answer(least, least.value), met: false, bounded: least.kept };
  }
  let bound = free.bound;
  for (let step = 0; step < mostSteps && !limits.stop?.(); step++) {
    const price = (inside.value - outside.value) / (outside.kept - inside.kept);
    const next = at(1, price);
    bound = Math.max(bound, next.found.bound - price * within.most);
    const mixed = (tried: Tried): number => tried.value + price * tried.kept;
    if (mixed(next) >= mixed(outside) * (1 - 1e-9) || mixed(next) >= mixed(inside) * (1 - 1e-9)) break;
    if (next.kept <= within.most) inside = next;
    else outside = next;
  }
  return { placement: answer(inside, bound), met: true, bounded: inside.kept };
}

interface Tried {
  found: Found;
  value: number;
  kept: number;
}

/** Answers tried at most: every one is a corner of the lower hull, which has few. */
const mostSteps = 100;
