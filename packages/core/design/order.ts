/** @file Which design is best by the objective, when numbers carry noise. */
import type { Estimate, Reading } from "../statistics/index.ts";
import { moreIsBetter, type Metric, type Objective, type SystemMetric } from "../study/index.ts";
import { isSystemMetric, read } from "./check.ts";
import type { DesignResult } from "./result.ts";

export interface OrderOptions {
  /** The host that captures; the objective `memory` is its memory. Default: the first in the design's `memory`. */
  capturing?: string;
  /** How much better design `a` is than `b` (ids) by a metric of the task on the same images, as of core/task's `pairedOf`; undefined where that is not known. */
  paired?: (a: string, b: string, metric: Metric) => Estimate | undefined;
}

/** The least share by which two values differ: compute times are measured, and not to the last per cent. */
const leastDifference: Partial<Record<SystemMetric, number>> = { latency: 0.01, throughput: 0.01 };

/** The design's value by which the objective ranks it. Latency is the p95. */
export function score(design: DesignResult, objective: Objective[number], options: OrderOptions): Reading {
  return read(design, { metric: objective, host: options.capturing });
}

/**
 * Whether the samples show that two designs differ in an objective.
 *
 * Qualities were measured on the same images, so the paired difference decides where it is known. Where it is not, the
 * intervals of the two drops against the same unchanged model do: they are paired too, and narrower than those of the
 * qualities. Otherwise intervals that do not touch, around values that measuring can tell apart.
 */
export function differ(a: DesignResult, b: DesignResult, objective: Objective[number], options: OrderOptions): boolean {
  if (isSystemMetric(objective))
    return apart(score(a, objective, options), score(b, objective, options), leastDifference[objective] ?? 0);
  const difference = options.paired?.(a.id, b.id, objective);
  if (difference) return difference.lo > 0 || difference.hi < 0;
  const metric = `${objective}-drop`;
  return apart(read(a, { metric }), read(b, { metric }), 0);
}

function apart(a: Reading, b: Reading, least: number): boolean {
  const near = Math.abs(a.value - b.value) <= least * Math.max(Math.abs(a.value), Math.abs(b.value));
  return !near && (a.lo > b.hi || b.lo > a.hi);
}

/**
 * The best design and those that the samples cannot tell from it.
 *
 * For each objective in turn, whatever the samples cannot tell from its best value stays; the next objective decides
 * among those. What is left at the end is a tie. A tie is not broken by what lies inside the noise: first comes what
 * leaves fewer frames unanswered, then what sends fewer bytes, needs less memory and is the simpler kind, which no noise
 * changes; only then the values, then the id, so that the same study always gives the same answer.
 */
export function best(
  designs: readonly DesignResult[],
  objective: Objective,
  options: OrderOptions,
): { winner: DesignResult; ties: DesignResult[] } {
  let pool = [...designs].sort(byValues(objective, options));
  for (const aim of objective) {
    const [top] = [...pool].sort(byValues([aim, ...objective], options));
    pool = pool.filter((design) => design === top || !differ(design, top!, aim, options));
  }
  const [winner, ...ties] = pool.toSorted((a, b) => byFacts(a, b, options) || byValues(objective, options)(a, b));
  return { winner: winner!, ties };
}

const simplest = ["LC", "RC", "SC", "EE"];

function byFacts(a: DesignResult, b: DesignResult, { capturing }: OrderOptions): number {
  const memory = (design: DesignResult): number => score(design, "memory", { capturing }).value;
  return (
    a.framesLost - b.framesLost ||
    a.bytes - b.bytes ||
    memory(a) - memory(b) ||
    simplest.indexOf(a.kind) - simplest.indexOf(b.kind)
  );
}

/** All designs, best first. */
export function ranked(designs: readonly DesignResult[], objective: Objective, options: OrderOptions): DesignResult[] {
  const rest = new Set(designs);
  const order: DesignResult[] = [];
  while (rest.size > 0) {
    const { winner } = best([...rest], objective, options);
    order.push(winner);
    rest.delete(winner);
  }
  return order;
}

/** By the values of the objectives in turn, then by id. */
export function byValues(objective: Objective, options: OrderOptions) {
  return (a: DesignResult, b: DesignResult): number => {
    for (const aim of objective) {
      const [left, right] = [score(a, aim, options).value, score(b, aim, options).value];
      if (left !== right) return left < right === moreIsBetter(aim) ? 1 : -1;
    }
    return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  };
}
