/** @file What would change the answer: at which rate, delay or host speed another placement becomes the best. */
import { InputError } from "../errors/index.ts";
import { checkProblem } from "./check.ts";
import { costsOf, valueOf } from "./costs.ts";
import { envelope1d, envelope2d, type Linear, type Point } from "./envelope.ts";
import { supportedPoints, type Supported } from "./pareto.ts";
import { solverFor, told } from "./place.ts";
import { pricesOf } from "./prices.ts";
import type { Cost, Problem } from "./problem.ts";
import type { Found, Limits } from "./solver.ts";
import { walk } from "../graphs/index.ts";

/**
 * What can change by a factor, which multiplies its cost: a factor of 2 is a link of half the rate or twice the delay, a
 * host half as fast.
 */
export type Change = { of: "rate" | "delay"; link: number } | { of: "speed"; host: number };

/** Factors between which one placement is the best. */
export interface Stretch {
  from: number;
  to: number;
  found: Found;
}

/** The problem with a change multiplied by a factor. */
export function scaled(problem: Problem, change: Change, factor: number): Problem {
  if (change.of === "speed") {
    const { host } = change;
    const { entrySeconds = 0, ...own } = problem.hosts[host]!;
    return {
      ...problem,
      nodes: problem.nodes.map((node) => {
        const seconds = node.seconds[host]!;
        return seconds === Infinity ? node : { ...node, seconds: node.seconds.with(host, seconds * factor) };
      }),
      hosts: problem.hosts.with(host, { ...own, entrySeconds: entrySeconds * factor }),
    };
  }
  const link = problem.links[change.link]!;
  const field = change.of === "rate" ? "secondsPerByte" : "delaySeconds";
  return { ...problem, links: problem.links.with(change.link, { ...link, [field]: link[field] * factor }) };
}

/**
 * The best placements while a change's factor goes from `from` to `to`, in order, with the factors at which they change:
 * exact where each answer's gap is 0 (`exact`). Of throughput by steps and bisection (`walk`), never called exact.
 *
 * @throws InputError `ERR_PLACEMENT_RANGE` for a change or factors that make no sense
 */
export function breakEvens(
  problem: Problem,
  change: Change,
  from: number,
  to: number,
  limits: Limits = {},
): { stretches: Stretch[]; exact: boolean } {
  checkRange(from, to);
  checkChange(problem, change);
  const lines = linesOf(problem, [change], limits);
  const stretches =
    problem.objective === "throughput"
      ? walk(
          (x) => lines.solve([x]),
          (found, x) => lines.value(found, [x]),
          from,
          to,
        ).map(({ answer, ...ends }) => ({
          ...ends,
          found: answer,
        }))
      : envelope1d((x) => lines.line([x]), from, to).map(({ line, ...ends }) => ({ ...ends, found: line.answer }));
  return { stretches, exact: lines.proved() };
}

/** The plane of two factors, divided into the convex cells in which one placement is the best. */
export interface BreakEvenMap {
  /** There it costs `base + slopes . factors`. */
  cells: { polygon: Point[]; found: Found; base: number; slopes: [number, number] }[];
  /** False when the search was ended before every corner was confirmed, or some answer is not proved. */
  exact: boolean;
}

/**
 * The map over two changes, of an objective that is a sum. For axes on which costs are not linear (loss, say) look up the
 * factors that they amount to.
 */
export function breakEvenMap(
  problem: Problem,
  x: { change: Change; from: number; to: number },
  y: { change: Change; from: number; to: number },
  limits: Limits & { most?: number } = {},
): BreakEvenMap {
  for (const axis of [x, y]) {
    checkRange(axis.from, axis.to);
    checkChange(problem, axis.change);
  }
  const lines = linesOf(problem, [x.change, y.change], limits);
  const { cells, exact } = envelope2d(
    (a, b) => lines.line([a, b]),
    [
      [x.from, y.from],
      [x.to, y.from],
      [x.to, y.to],
      [x.from, y.to],
    ],
    limits.most,
  );
  return {
    cells: cells.map(({ polygon, line: { answer, base, slopes } }) => ({
      polygon,
      found: answer,
      base,
      slopes: [slopes[0]!, slopes[1]!],
    })),
    exact: exact && lines.proved(),
  };
}

/** All placements that some weighing of two or three costs makes best, with their values under each (`supportedPoints`). */
export function tradeOffs(
  problem: Problem,
  asked: readonly Cost[],
  limits: Limits & { most?: number } = {},
): { points: Supported<Found>[]; exact: boolean } {
  let proved = true;
  const solve = (list: readonly number[]): { answer: Found; values: number[] } => {
    const weights = Object.fromEntries(asked.map((cost, i) => [cost, list[i]!]));
    const answer = solved({ ...problem, objective: { weights } }, limits);
    proved &&= isProved(answer);
    const values = asked.map((cost) => costsOf(told(problem), pricesOf(problem, { [cost]: 1 }), answer).total);
    return { answer, values };
  };
  const { points, exact } = supportedPoints(asked.length, solve, limits.most);
  return { points, exact: exact && proved };
}

function solved(problem: Problem, limits: Limits): Found {
  const asked = told(problem);
  const prices = pricesOf(asked);
  checkProblem(asked, prices);
  return solverFor(asked).solve(asked, prices, limits);
}

const isProved = ({ value, bound }: Found): boolean => bound >= value * (1 - 1e-9);

/** The problem's answers as lines (or planes) in the factors of changes. */
function linesOf(
  problem: Problem,
  changes: readonly Change[],
  limits: Limits,
): {
  solve(factors: readonly number[]): Found;
  value(found: Found, factors: readonly number[]): number;
  line(factors: readonly number[]): Linear<Found>;
  proved(): boolean;
} {
  let proved = true;
  const at = (factors: readonly number[]): Problem =>
    told(changes.reduce((sum, change, i) => scaled(sum, change, factors[i]!), problem));
  const solve = (factors: readonly number[]): Found => {
    const found = solved(at(factors), limits);
    proved &&= isProved(found);
    return found;
  };
  const value = (found: Found, factors: readonly number[]): number => {
    const there = at(factors);
    return valueOf(there, pricesOf(there), found);
  };
  const none = changes.map(() => 0);
  return {
    solve,
    value,
    proved: () => proved,
    line(factors) {
      const answer = solve(factors);
      const base = value(answer, none);
      return { base, slopes: none.map((_, i) => value(answer, none.with(i, 1)) - base), answer };
    },
  };
}

function checkRange(from: number, to: number): void {
  if (!(from >= 0 && to > from && to < Infinity))
    throw new InputError("ERR_PLACEMENT_RANGE", `expected factors 0 <= from < to, got ${from} to ${to}`);
}

function checkChange({ hosts, links }: Problem, change: Change): void {
  const [what, at, count] =
    change.of === "speed" ? ["host", change.host, hosts.length] : ["link", change.link, links.length];
  if (!Number.isInteger(at) || at < 0 || at >= count)
    throw new InputError("ERR_PLACEMENT_RANGE", `expected a ${what} from 0 to ${count - 1} to vary, got ${at}`);
}
