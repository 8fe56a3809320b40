/** @file Why a placement is the best, as data: what its value is made of, who has room, and what the next best costs. */
import { otherByBarring } from "./barring.ts";
import { costsOf, type Load } from "./costs.ts";
import type { Prices } from "./prices.ts";
import type { Problem } from "./problem.ts";
import type { Found, Limits, Solver } from "./solver.ts";

/** A part of a value: compute on a host, bytes or delay of a link, what a host takes in or sends out. */
export type Term = ({ of: "compute" | "input" | "output"; host: number } | { of: "bytes" | "delay"; link: number }) & {
  cost: number;
  /** Of the value; of throughput, of the load that binds. */
  share: number;
};

export interface Explanation {
  /** What binds, the largest first; nothing that costs nothing. With loads: what the largest load is made of. */
  binds: Term[];
  /** With loads: the part with the largest one, and how much each part's load may grow before it binds. */
  loads?: { binding: number; slack: number[] };
  /** Hosts without work, and how many of each. */
  idle: { host: number; count: number }[];
  /** Whether there is another placement: `none` is proved, `unknown` says that the search ended first. */
  others: "found" | "none" | "unknown" | "not asked";
}

export interface RunnerUp {
  value: number;
  /** How much more it costs than the best. */
  price: number;
  /** How far below it another one may still be, relative to its value. */
  gap: number;
  assignment: number[];
  loads?: Load[];
  /** Whether it is proved that nothing lies between it and the best. */
  exact: boolean;
}

/** What an answer's value is made of, before others are searched. */
export function explanationOf(problem: Problem, prices: Prices, best: Found): Explanation {
  return { ...bindingOf(problem, prices, best), idle: idleOf(problem, best), others: "not asked" };
}

export function runnerUpOf(
  problem: Problem,
  prices: Prices,
  solver: Solver,
  best: Found,
  limits: Limits,
): { others: Explanation["others"]; runnerUp?: RunnerUp } {
  const other = solver.other
    ? solver.other(problem, prices, best, limits)
    : otherByBarring(problem, prices, solver, best, limits);
  if (typeof other === "string") return { others: other };
  const { value, bound, assignment, loads } = other.found;
  const gap = value > 0 ? Math.max(0, value - bound) / value : 0;
  const runnerUp = { value, price: value - best.value, gap, assignment, ...(loads && { loads }), exact: other.exact };
  return { others: "found", runnerUp };
}

function bindingOf(problem: Problem, prices: Prices, best: Found): Pick<Explanation, "binds" | "loads"> {
  const { loads } = best;
  if (!loads) {
    const { compute, bytes, fixed, total } = costsOf(problem, prices, best);
    return {
      binds: ranked(total, [
        ...compute.map((cost, host) => ({ of: "compute" as const, host, cost })),
        ...bytes.map((cost, link) => ({ of: "bytes" as const, link, cost })),
        ...fixed.map((cost, link) => ({ of: "delay" as const, link, cost })),
      ]),
    };
  }
  let binding = 0;
  loads.forEach(({ load }, i) => load > loads[binding]!.load && (binding = i));
  const { host, load, ...parts } = loads[binding]!;
  const terms = (["compute", "input", "output"] as const).map((of) => ({ of, host, cost: parts[of] }));
  return { binds: ranked(load, terms), loads: { binding, slack: loads.map((one) => load - one.load) } };
}

type Unshared<T> = T extends unknown ? Omit<T, "share"> : never;

function ranked(total: number, terms: readonly Unshared<Term>[]): Term[] {
  return terms
    .filter(({ cost }) => cost > 0)
    .map((term): Term => ({ ...term, share: term.cost / total }))
    .sort((a, b) => b.cost - a.cost);
}

function idleOf({ hosts }: Problem, { assignment, loads }: Found): Explanation["idle"] {
  const busy = loads ? loads.filter(({ load }) => load > 0).map(({ host }) => host) : [...new Set(assignment)];
  return hosts.flatMap(({ count = 1 }, host) => {
    const left = count - busy.filter((one) => one === host).length;
    return left > 0 ? [{ host, count: left }] : [];
  });
}
