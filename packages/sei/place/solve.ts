/** @file Solving a study's placement, and saying why: segments, runner-up, break-even points. */
import {
  breakEvens,
  explainStages,
  explainTiers,
  placeStages,
  placeTiers,
  type Part,
} from "@split-et-impera/core/placement";
import type { Instance } from "./instance.ts";

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

export interface Stretch {
  /** In the unit of its list: bits per second, or the host's speed. */
  from: number;
  to: number;
  segments: Pick<PlacedPart, "host" | "from" | "to">[];
}

export interface Placed {
  /** Seconds: of one frame from capture to answer, or between two frames. */
  objective: { name: "latency" | "throughput"; value: number; bound: number; gap: number };
  segments: PlacedPart[];
  /** What the objective is made of, the largest part first. */
  binding: { part: string; seconds: number; share: number }[];
  runnerUp: { value: number; price: number; exact: boolean; segments: PlacedPart[] } | null;
  /** Where another placement becomes the best, over every link's rate and every host's speed; of latency only. */
  breakEvens?: { rate: Record<string, Stretch[]>; speed: Record<string, Stretch[]> };
}

/** Factors over which break-even points are looked for. */
const widest = 1000;

export interface Given {
  /** Bits per second of each link between neighbours. */
  rates: readonly number[];
  /** Of each host. */
  speeds: readonly number[];
}

export function solveLatency({ hosts, graph, prices }: Instance, given: Given): Placed {
  const best = placeTiers(graph, prices);
  const { binding, runnerUp } = explainTiers(graph, prices, best);
  const parts = (tiers: ArrayLike<number>): PlacedPart[] =>
    segmentsOf(
      hosts,
      graph.nodes.map(({ name }) => name),
      tiers,
      (i, k) => prices.compute[i]![k]!,
    );
  const named = (part: Part): string =>
    part.part === "compute"
      ? `compute on ${hosts[part.tier]!}`
      : `${part.part === "bytes" ? "bytes" : "delay"} ${hosts[part.hop]!} - ${hosts[part.hop + 1]!}`;
  /** A factor multiplies a cost; a rate or a speed is what was given divided by it, so the order turns around. */
  const stretches = (part: Part, value: number): Stretch[] => {
    const found = breakEvens(graph, prices, part, 1 / widest, widest).map(({ from, to, tiers }): Stretch => ({
      from: value / to,
      to: value / from,
      segments: parts(tiers).map(({ host, from: begin, to: end }) => ({ host, from: begin, to: end })),
    }));
    return merged(found.toReversed());
  };
  return {
    objective: { name: "latency", value: best.value, bound: best.bound, gap: best.gap },
    segments: parts(best.tiers),
    binding: binding
      .filter(({ cost }) => cost > 0)
      .map(({ part, cost, share }) => ({ part: named(part), seconds: cost, share })),
    runnerUp: runnerUp
      ? {
          value: runnerUp.placement.value,
          price: runnerUp.price,
          exact: runnerUp.exact,
          segments: parts(runnerUp.placement.tiers),
        }
      : null,
    breakEvens: {
      rate: Object.fromEntries(
        given.rates.map((rate, hop) => [
          `${hosts[hop]!} - ${hosts[hop + 1]!}`,
          stretches({ part: "bytes", hop }, rate),
        ]),
      ),
      speed: Object.fromEntries(
        given.speeds.map((speed, tier) => [hosts[tier]!, stretches({ part: "compute", tier }, speed)]),
      ),
    },
  };
}

/** Largest load: the time between two frames that the busiest host needs, its link in and out included. */
export function solveThroughput({ hosts, stages }: Instance, seconds: number): Placed {
  let deadline = performance.now() + 1000 * seconds;
  const options = { goal: "throughput", stop: () => performance.now() > deadline } as const;
  const best = placeStages(stages, options);
  deadline = performance.now() + 1000 * seconds;
  const { binding, runnerUp } = explainStages(stages, best, options);
  const parts = (list: typeof best.stages): PlacedPart[] => {
    const tiers = stages.nodes.map((_, v) => list.find(({ nodes }) => nodes.includes(v))!.kind);
    const names = stages.nodes.slice(1).map(({ name }) => name);
    return segmentsOf(hosts, names, tiers.slice(1), (i, k) => stages.nodes[i + 1]!.cost[k]!);
  };
  return {
    objective: { name: "throughput", value: best.value, bound: best.bound, gap: best.gap },
    segments: parts(best.stages),
    binding: [
      { part: `${binding.part} on ${binding.host}`, seconds: binding.load * binding.share, share: binding.share },
    ],
    runnerUp: runnerUp
      ? {
          value: runnerUp.value,
          price: runnerUp.price,
          exact: runnerUp.gap === 0,
          segments: parts(runnerUp.placement.stages),
        }
      : null,
  };
}

/** Neighbouring pieces on one host are one segment. */
function segmentsOf(
  hosts: readonly string[],
  names: readonly string[],
  tiers: ArrayLike<number>,
  seconds: (piece: number, tier: number) => number,
): PlacedPart[] {
  const parts: PlacedPart[] = [];
  names.forEach((name, i) => {
    const host = hosts[tiers[i]!]!;
    const to = i === names.length - 1 ? null : name;
    const before = parts.at(-1);
    const cost = seconds(i, tiers[i]!);
    if (before?.host === host) {
      before.to = to;
      before.pieces++;
      before.seconds += cost;
    } else parts.push({ host, from: i === 0 ? null : names[i - 1]!, to, pieces: 1, seconds: cost });
  });
  return parts;
}

/** Stretches that differ only in ties are one. */
function merged(list: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const stretch of list) {
    const before = result.at(-1);
    if (before && JSON.stringify(before.segments) === JSON.stringify(stretch.segments)) before.to = stretch.to;
    else result.push({ ...stretch });
  }
  return result;
}
