/** @file At which rate, delay or host speed a study's placement changes. */
import { breakEvens, type Change, type Objective } from "@split-et-impera/core/placement";
import type { Study } from "@split-et-impera/core/study";
import type { StudyProblem } from "./problem.ts";
import { segmentsOf, type PlacedPart } from "./solve.ts";

export interface Stretch {
  /** In the unit of its list: bits per second, seconds, or the host's speed. */
  from: number;
  to: number;
  segments: Pick<PlacedPart, "host" | "from" | "to">[];
}

/** Per link its rate and delay, per host its speed; of throughput no delays, which take no one's time. */
export interface BreakEvens {
  rate: Record<string, Stretch[]>;
  delay: Record<string, Stretch[]>;
  speed: Record<string, Stretch[]>;
  /** False where memory is so tight that some answer is not proved. */
  exact: boolean;
}

/** Factors over which break-even points are looked for. */
const widest = 1000;

/** @param study the numbers that the factors stand for */
export function breakEvensOf(
  problem: StudyProblem,
  objective: Objective,
  { hosts }: Pick<Study, "hosts">,
  stop: () => boolean = () => false,
): BreakEvens {
  let exact = true;
  const asked: StudyProblem = { ...problem, objective };
  const stretches = (change: Change, valueAt: (by: number) => number): Stretch[] => {
    const found = breakEvens(asked, change, 1 / widest, widest, { stop });
    exact &&= found.exact;
    const list = found.stretches.map(({ from, to, found: { assignment } }): Stretch => {
      const [a, b] = [valueAt(from), valueAt(to)];
      const segments = segmentsOf(problem, assignment).map(({ host, from: begin, to: end }) => ({
        host,
        from: begin,
        to: end,
      }));
      return { from: Math.min(a, b), to: Math.max(a, b), segments };
    });
    return merged(list.sort((a, b) => a.from - b.from));
  };
  const timed = objective === "latency" || (typeof objective === "object" && (objective.weights.latency ?? 0) > 0);
  const perLink = (skip: (l: number) => boolean, found: (l: number) => Stretch[]): Record<string, Stretch[]> =>
    Object.fromEntries(problem.joins.flatMap((name, l) => (skip(l) ? [] : [[name, found(l)]])));
  const all = {
    // A factor multiplies a cost; a rate or a speed is what was given divided by it.
    rate: perLink(
      () => false,
      (link) => stretches({ of: "rate", link }, (by) => problem.given[link]!.rate / by),
    ),
    delay: perLink(
      (link) => !timed || problem.given[link]!.delay === 0,
      (link) => stretches({ of: "delay", link }, (by) => problem.given[link]!.delay * by),
    ),
    speed: Object.fromEntries(
      problem.hosts.map(({ name }, host) => [name, stretches({ of: "speed", host }, (by) => hosts[name]!.speed / by)]),
    ),
  };
  return { ...all, exact };
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
