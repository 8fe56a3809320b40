/** @file A study's placement in the study's words: segments, what binds, the runner-up. */
import {
  costs,
  messagesOf,
  place,
  placeWithin,
  pricesOf,
  tradeOffs as supportedTradeOffs,
  valueOf,
  type Assigned,
  type Cost,
  type Objective,
  type Term,
  type Weights,
} from "@split-et-impera/core/placement";
import type { StudyProblem } from "./problem.ts";

export interface PlacedPart {
  host: string;
  /** The tensor at which it begins; null for the input. */
  from: string | null;
  /** The tensor at which it ends; null for the output. */
  to: string | null;
  /** Pieces between cuts. */
  pieces: number;
  /** Of compute. */
  seconds: number;
}

export interface Solved {
  /** Of one frame from capture to answer; of throughput: seconds between two frames. */
  value: number;
  /** No placement has a lower value. */
  bound: number;
  gap: number;
  segments: PlacedPart[];
  /** What a frame costs under each objective that the study says something of; not with throughput. */
  values?: Partial<Record<Cost, number>>;
  /** What the value is made of, the largest part first. */
  binding: { part: string; cost: number; share: number }[];
  /** The best placement in which something that costs runs elsewhere (of throughput: without the stage that binds). */
  runnerUp: { value: number; price: number; exact: boolean; segments: PlacedPart[] } | null;
}

/** Neighbouring pieces on one host are one segment. */
export function segmentsOf({ hosts, nodes, ends }: StudyProblem, placed: readonly number[]): PlacedPart[] {
  const parts: PlacedPart[] = [];
  placed.forEach((h, i) => {
    const { name: host, entrySeconds = 0 } = hosts[h]!;
    const before = parts.at(-1);
    const to = ends[i]!;
    const seconds = nodes[i]!.seconds[h]!;
    if (before?.host === host) {
      before.to = to;
      before.pieces++;
      before.seconds += seconds;
    } else {
      const own = seconds + (i === 0 ? 0 : entrySeconds);
      parts.push({ host, from: i === 0 ? null : ends[i - 1]!, to, pieces: 1, seconds: own });
    }
  });
  return parts;
}

export interface SolveOptions {
  stop?: () => boolean;
  explain?: boolean;
  /** Seconds that a frame may take: of a sum the best placement within them is searched. */
  latency?: number | undefined;
}

/** The best placement under an objective, and how its messages travel. */
export function solve(
  problem: StudyProblem,
  objective: Objective,
  options: SolveOptions = {},
): Solved & Assigned & { leastLatency?: number } {
  const { stop = () => false, explain = true, latency } = options;
  const asked = { ...problem, objective };
  const bounded = latency !== undefined && objective !== "throughput";
  const within = bounded ? placeWithin(asked, { cost: "latency", most: latency }, { stop, explain }) : undefined;
  const best = within?.placement ?? place(asked, { stop, explain });
  const { value, bound, gap, runnerUp, assignment } = best;
  // Of throughput the answer's message counts nothing, and is not there.
  const messages =
    objective === "throughput" ? messagesOf(problem, pricesOf(problem, { latency: 1 }), assignment) : best.messages;
  return {
    value,
    bound,
    gap,
    segments: segmentsOf(problem, assignment),
    ...(objective !== "throughput" && { values: valuesOf(problem, best) }),
    binding: best.explanation.binds.map((term) => ({
      part: partName(problem, term),
      cost: term.cost,
      share: term.share,
    })),
    runnerUp: runnerUp
      ? {
          value: runnerUp.value,
          price: runnerUp.price,
          exact: runnerUp.exact,
          segments: segmentsOf(problem, runnerUp.assignment),
        }
      : null,
    assignment,
    messages,
    ...(within?.met === false && { leastLatency: within.bounded }),
  };
}

/** What a placement costs a frame under every objective that the study says something of. */
export function valuesOf(problem: StudyProblem, { assignment, messages }: Assigned): Partial<Record<Cost, number>> {
  const told = costs.map(
    (cost) => [cost, valueOf(problem, pricesOf(problem, { [cost]: 1 }), { assignment, messages })] as const,
  );
  return Object.fromEntries(told.filter(([cost, value]) => cost === "latency" || value > 0));
}

/** `compute on camera`, `bytes camera - server`, `bytes into server`. */
function partName({ hosts, joins }: StudyProblem, term: Term): string {
  if ("link" in term) return `${term.of} ${joins[term.link]!}`;
  const what = { compute: "compute on", input: "bytes into", output: "bytes out of" }[term.of];
  return `${what} ${hosts[term.host]!.name}`;
}

export interface TradeOff {
  values: Partial<Record<Cost, number>>;
  /** A weighing (summing to 1) that makes it cheapest. */
  weights: Weights;
  segments: PlacedPart[];
}

/** The supported Pareto points of two or three costs. */
export function tradeOffs(problem: StudyProblem, asked: readonly Cost[]): { points: TradeOff[]; exact: boolean } {
  const named = (list: readonly number[]): Weights => Object.fromEntries(asked.map((cost, i) => [cost, list[i]!]));
  const { points, exact } = supportedTradeOffs(problem, asked);
  return {
    points: points.map(({ answer, values, weights }) => ({
      values: named(values),
      weights: named(weights),
      segments: segmentsOf(problem, answer.assignment),
    })),
    exact,
  };
}
