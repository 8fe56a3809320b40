/** @file At which rate, delay or host speed a study's placement changes. */
import { chainBreakEvens, pipelineBreakEvens, type Change } from "@split-et-impera/core/placement";
import { pricesOf, type Problem, type Scaled, type Weights } from "./problem.ts";
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

/** @param weights of a cost, or throughput */
export function breakEvensOf(
  problem: Problem,
  weights: Weights | "throughput",
  stop: () => boolean = () => false,
): BreakEvens {
  const { chain, hosts, links, speeds } = problem;
  let exact = true;
  const changes = (scaled: (by: number) => Scaled): Change<{ hosts: number[] }>[] => {
    const pricesAt = (by: number): ReturnType<typeof pricesOf> =>
      pricesOf(problem, weights === "throughput" ? { latency: 1 } : weights, scaled(by));
    if (weights === "throughput") return pipelineBreakEvens(chain, pricesAt, 1 / widest, widest);
    const found = chainBreakEvens(chain, pricesAt, 1 / widest, widest, { stop });
    exact &&= found.every(({ answer }) => answer.gap === 0);
    return found;
  };
  const stretches = (list: Change<{ hosts: number[] }>[], valueAt: (by: number) => number): Stretch[] => {
    const named = list.map(({ from, to, answer }): Stretch => {
      const [a, b] = [valueAt(from), valueAt(to)];
      const segments = segmentsOf(problem, answer.hosts).map(({ host, from: begin, to: end }) => ({
        host,
        from: begin,
        to: end,
      }));
      return { from: Math.min(a, b), to: Math.max(a, b), segments };
    });
    return merged(named.sort((a, b) => a.from - b.from));
  };
  const named = <T>(
    list: readonly T[],
    name: (one: T) => string,
    found: (one: T, i: number) => Stretch[],
  ): Record<string, Stretch[]> => Object.fromEntries(list.map((one, i) => [name(one), found(one, i)]));
  const join = ({ between }: { between: readonly string[] }): string => between.join(" - ");
  const all = {
    // A factor multiplies a cost; a rate or a speed is what was given divided by it.
    rate: named(links, join, ({ rate }, link) =>
      stretches(
        changes((by) => ({ of: "rate", link, by })),
        (by) => rate / by,
      ),
    ),
    delay: named(
      weights === "throughput" || !weights.latency ? [] : links.filter(({ delay }) => delay > 0),
      join,
      (one) =>
        stretches(
          changes((by) => ({ of: "delay", link: links.indexOf(one), by })),
          (by) => one.delay * by,
        ),
    ),
    speed: named(hosts, String, (_, host) =>
      stretches(
        changes((by) => ({ of: "speed", host, by })),
        (by) => speeds[host]! / by,
      ),
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
