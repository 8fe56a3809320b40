/** @file One front door to placement: picks the solver that takes a problem, and explains its answer. */
import { InputError } from "../errors/index.ts";
import { chain } from "./solvers/chain/adapter.ts";
import { hosts } from "./solvers/hosts/adapter.ts";
import { pipeline } from "./solvers/pipeline/adapter.ts";
import { stretches } from "./solvers/chain/stretches.ts";
import { tiers } from "./solvers/tiers/adapter.ts";
import { checkProblem } from "./check.ts";
import { costsOf, memoryOf, type Costs, type Part } from "./costs.ts";
import { explanationOf, runnerUpOf, type Explanation, type RunnerUp } from "./explain.ts";
import { pricesOf, type Prices } from "./prices.ts";
import { hasPorts, isChain, type Problem } from "./problem.ts";
import type { Found, Limits, Solver, SolverName } from "./solver.ts";

/** Those that know more of a problem come first. */
export const solvers: readonly Solver[] = [chain, stretches, tiers, pipeline, hosts];

/** A placement with the proof of how good it is, and why it is the best. */
export interface Placement extends Omit<Found, "loads"> {
  solver: SolverName;
  /** (value - bound) / value: 0 when proved optimal. */
  gap: number;
  /** In the order of a frame: along a chain its stretches, else a host's nodes. With loads, what counts. */
  parts: Part[];
  loads?: Found["loads"];
  /** The value taken apart, where it is a sum over links. */
  costs?: Costs;
  explanation: Explanation;
  /** The best other placement; absent where there is none, or none was asked for. */
  runnerUp?: RunnerUp;
}

/**
 * The best placement of a problem. Each of five solvers takes what it can prove: see docs/placement.md.
 *
 * @throws InputError `ERR_PLACEMENT_PROBLEM` where the problem is malformed (naming the field), `ERR_PLACEMENT_HOST` and
 *   `ERR_PLACEMENT_MEMORY` where nothing fits, `ERR_PLACEMENT_SEARCH` where nothing was found within the limits,
 *   `ERR_PLACEMENT_KIND` where no solver takes a problem of this kind
 */
export function place(problem: Problem, limits: Limits = {}): Placement {
  const asked = told(problem);
  const prices = pricesOf(asked);
  checkProblem(asked, prices);
  const solver = solverFor(asked);
  const found = solver.solve(asked, prices, limits);
  const placement = described(asked, prices, solver, found);
  return limits.explain === false ? placement : withRunnerUp(problem, placement, limits);
}

/** A placement with its runner-up searched: what `place` does unless told not to. */
export function withRunnerUp(problem: Problem, placement: Placement, limits: Limits = {}): Placement {
  const asked = told(problem);
  const { others, runnerUp } = runnerUpOf(asked, pricesOf(asked), solverFor(asked), placement, limits);
  return { ...placement, explanation: { ...placement.explanation, others }, ...(runnerUp && { runnerUp }) };
}

/** A solver's answer, or any other, described under the problem's own objective; its value and bound are taken as they are. */
export function placementOf(problem: Problem, found: Found): Placement {
  const asked = told(problem);
  return described(asked, pricesOf(asked), solverFor(asked), found);
}

/** @throws InputError `ERR_PLACEMENT_KIND` saying what each solver cannot do */
export function solverFor(problem: Problem): Solver {
  const reasons: string[] = [];
  for (const solver of solvers) {
    const why = solver.refuses(problem);
    if (why === undefined) return solver;
    reasons.push(`${solver.name}: ${why}`);
  }
  throw new InputError("ERR_PLACEMENT_KIND", `no solver takes this problem (${reasons.join("; ")})`);
}

/** A node that reads nothing has to be told to begin: as if it read an empty tensor of the source. */
export function told(problem: Problem): Problem {
  if (hasPorts(problem)) return problem;
  const reading = new Set(problem.tensors.flatMap(({ consumers }) => consumers));
  const silent = problem.nodes.flatMap((_, v) => (reading.has(v) ? [] : [v]));
  if (silent.length === 0) return problem;
  return { ...problem, tensors: [...problem.tensors, { producer: null, consumers: silent, bytes: 0 }] };
}

function described(problem: Problem, prices: Prices, solver: Solver, found: Found): Placement {
  const { value, bound } = found;
  return {
    ...found,
    solver: solver.name,
    gap: value > 0 ? Math.max(0, value - bound) / value : 0,
    parts: found.loads ?? partsOf(problem, prices, found.assignment),
    ...(!found.loads && { costs: costsOf(problem, prices, found) }),
    explanation: explanationOf(problem, prices, found),
  };
}

/** What each host runs: along a chain stretch by stretch, in any other graph host by host. */
export function partsOf(problem: Problem, prices: Prices, assignment: readonly number[]): Part[] {
  const lists: { host: number; nodes: number[] }[] = [];
  const chained = isChain(problem);
  assignment.forEach((host, v) => {
    const known = chained ? lists.at(-1) : lists.find((one) => one.host === host);
    if (known?.host === host) known.nodes.push(v);
    else lists.push({ host, nodes: [v] });
  });
  return lists.map(({ host, nodes }, i) => ({
    host,
    nodes,
    compute: nodes.reduce((sum, v) => sum + prices.compute[v]![host]!, chained && i > 0 ? prices.enter[host]! : 0),
    memory: memoryOf(problem, nodes),
  }));
}
