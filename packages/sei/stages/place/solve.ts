/** @file Solving a study's placement, and saying why: segments, what binds, the runner-up. */
import { InputError } from "@split-et-impera/core/errors";
import {
  chainCosts,
  placeChain,
  placePipeline,
  supportedPoints,
  type Chain,
  type ChainPlacement,
  type Pipeline,
  type PipelineLoad,
} from "@split-et-impera/core/placement";
import { costs, pricesOf, type Cost, type Problem, type Weights } from "./problem.ts";

export interface PlacedPart {
  host: string;
  /** The tensor at which it begins; null for the input. */
  from: string | null;
  /** The tensor at which it ends; null for the output. */
  to: string | null;
  /** Pieces between articulation points. */
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
export function segmentsOf({ hosts, ends, seconds, entry }: Problem, placed: readonly number[]): PlacedPart[] {
  const parts: PlacedPart[] = [];
  placed.forEach((h, i) => {
    const host = hosts[h]!;
    const before = parts.at(-1);
    const to = ends[i]!;
    if (before?.host === host) {
      before.to = to;
      before.pieces++;
      before.seconds += seconds[i]![h]!;
    } else {
      const own = seconds[i]![h]! + (i === 0 ? 0 : entry[h]!);
      parts.push({ host, from: i === 0 ? null : ends[i - 1]!, to, pieces: 1, seconds: own });
    }
  });
  return parts;
}

/** The cheapest placement under a weighing of costs. */
export function solveCost(
  problem: Problem,
  weights: Weights,
  { stop = () => false, explain = true }: { stop?: () => boolean; explain?: boolean } = {},
): Solved {
  const { chain, hosts } = problem;
  const prices = pricesOf(problem, weights);
  const best = placeChain(chain, prices, { stop });
  const link = (l: number): string => chain.links[l]!.map((h) => hosts[h]!).join(" - ");
  const parts = [
    ...best.costs.compute.map((cost, h) => ({ part: `compute on ${hosts[h]!}`, cost })),
    ...best.costs.bytes.map((cost, l) => ({ part: `bytes ${link(l)}`, cost })),
    ...best.costs.fixed.map((cost, l) => ({ part: `delay ${link(l)}`, cost })),
  ];
  return {
    value: best.value,
    bound: best.bound,
    gap: best.gap,
    segments: segmentsOf(problem, best.hosts),
    values: valuesOf(problem, best),
    binding: parts
      .filter(({ cost }) => cost > 0)
      .map(({ part, cost }) => ({ part, cost, share: cost / best.value }))
      .sort((a, b) => b.cost - a.cost),
    runnerUp: explain ? runnerUpOf(problem, prices, best, stop) : null,
  };
}

function valuesOf(problem: Problem, placed: Pick<ChainPlacement, "hosts" | "ways">): Partial<Record<Cost, number>> {
  const told = costs.map(
    (cost) => [cost, chainCosts(problem.chain, pricesOf(problem, { [cost]: 1 }), placed).total] as const,
  );
  return Object.fromEntries(told.filter(([cost, value]) => cost === "latency" || value > 0));
}

/** Every piece that costs something is barred from its host in turn. */
function runnerUpOf(
  problem: Problem,
  prices: ReturnType<typeof pricesOf>,
  best: ChainPlacement,
  stop: () => boolean,
): Solved["runnerUp"] {
  const { chain } = problem;
  let [found, exact] = [undefined as ChainPlacement | undefined, true];
  best.hosts.forEach((host, i) => {
    if (!prices.compute[i]!.some((cost) => cost > 0)) return;
    const on = chain.pieces[i]!.on?.filter((other) => other !== host) ?? [];
    if (on.length === 0) return;
    const barred: Chain = { ...chain, pieces: chain.pieces.with(i, { ...chain.pieces[i]!, on }) };
    try {
      const other = placeChain(barred, prices, { stop });
      exact &&= other.gap === 0;
      if (other.value < (found?.value ?? Infinity)) found = other;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      exact &&= error.code !== "ERR_PLACEMENT_SEARCH";
    }
  });
  if (!found) return null;
  return { value: found.value, price: found.value - best.value, exact, segments: segmentsOf(problem, found.hosts) };
}

/** Largest load: the time between two frames that the busiest host needs, its links in and out included. */
export function solveThroughput(problem: Problem, explain = true): Solved {
  const { chain, hosts } = problem;
  const prices = pricesOf(problem, { latency: 1 });
  const best = placePipeline(chain, prices);
  const binding = best.loads.reduce((a, b) => (b.load > a.load ? b : a));
  return {
    value: best.value,
    bound: best.value,
    gap: 0,
    segments: segmentsOf(problem, best.hosts),
    binding: partsOf(binding)
      .filter(({ cost }) => cost > 0)
      .map(({ part, cost }) => ({ part: `${part} ${hosts[binding.host]!}`, cost, share: cost / binding.load }))
      .sort((a, b) => b.cost - a.cost),
    runnerUp: explain ? otherPipeline(problem, best, binding) : null,
  };
}

/** The best pipeline without the stage that binds. */
function otherPipeline(problem: Problem, best: Pipeline, binding: PipelineLoad): Solved["runnerUp"] {
  try {
    const { value, hosts } = placePipeline(problem.chain, pricesOf(problem, { latency: 1 }), binding);
    return { value, price: value - best.value, exact: true, segments: segmentsOf(problem, hosts) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return null;
  }
}

function partsOf({ compute, input, output }: PipelineLoad): { part: string; cost: number }[] {
  return [
    { part: "compute on", cost: compute },
    { part: "bytes into", cost: input },
    { part: "bytes out of", cost: output },
  ];
}

export interface TradeOff {
  values: Partial<Record<Cost, number>>;
  /** A weighing (summing to 1) that makes it cheapest. */
  weights: Weights;
  segments: PlacedPart[];
}

/** The supported Pareto points of two or three costs. */
export function tradeOffs(problem: Problem, asked: readonly Cost[]): { points: TradeOff[]; exact: boolean } {
  const named = (list: readonly number[]): Weights => Object.fromEntries(asked.map((cost, i) => [cost, list[i]!]));
  const { points, exact } = supportedPoints(asked.length, (list) => {
    const answer = placeChain(problem.chain, pricesOf(problem, named(list)));
    const values = asked.map((cost) => chainCosts(problem.chain, pricesOf(problem, { [cost]: 1 }), answer).total);
    return { answer, values };
  });
  return {
    points: points.map(({ answer, values, weights }) => ({
      values: named(values),
      weights: named(weights),
      segments: segmentsOf(problem, answer.hosts),
    })),
    exact,
  };
}
