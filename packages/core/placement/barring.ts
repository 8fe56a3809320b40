/** @file The best other placement by solving again, with one node after the other barred from where it runs. */
import { InputError } from "../errors/index.ts";
import type { Prices } from "./prices.ts";
import type { Problem } from "./problem.ts";
import type { Found, Limits, Other, Solver } from "./solver.ts";

/** Every node that costs something is barred from its host in turn. */
export function otherByBarring(
  problem: Problem,
  prices: Prices,
  solver: Pick<Solver, "solve">,
  best: Found,
  limits: Limits,
): Other | "none" | "unknown" {
  let [found, exact] = [undefined as Found | undefined, true];
  best.assignment.forEach((host, v) => {
    if (!prices.compute[v]!.some((cost) => cost > 0)) return;
    const node = problem.nodes[v]!;
    const on = (node.on ?? problem.hosts.map((_, h) => h)).filter(
      (h) => h !== host && prices.compute[v]![h]! < Infinity,
    );
    if (on.length === 0) return;
    if (limits.stop?.()) {
      exact = false;
      return;
    }
    try {
      const other = solver.solve({ ...problem, nodes: problem.nodes.with(v, { ...node, on }) }, prices, limits);
      exact &&= other.bound >= other.value * (1 - 1e-9);
      if (other.value < (found?.value ?? Infinity)) found = other;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      exact &&= error.code !== "ERR_PLACEMENT_SEARCH";
    }
  });
  if (found) return { found, exact };
  return exact ? "none" : "unknown";
}
