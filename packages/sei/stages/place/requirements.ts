/** @file What a study requires, judged by adding up: what a placement misses, and what only a simulation can say. */
import { costsOf, loadsOf, memoryOf, pricesOf, type Assigned } from "@split-et-impera/core/placement";
import type { Metric, Requirement, Study } from "@split-et-impera/core/study";
import type { StudyProblem } from "./problem.ts";

export interface Judged {
  /** As written in the study. */
  requirement: string;
  metric: Metric;
  /** `missed` holds for every frame, as losses and waiting only add; `met` where nothing is lost and nothing waits. */
  verdict: "met" | "missed" | "not judged";
  /** What the placement has of it, in SI units; absent where adding up says nothing. */
  value?: number;
  /** Of a latency that is missed: no placement has less, where that is known. */
  least?: number;
}

/**
 * Judges a placement by what adding up can say: latency, throughput, memory, bytes.
 * @param leastLatency seconds that no placement takes less than, where these are known
 */
export function judge(
  { requirements, frames }: Pick<Study, "requirements" | "frames">,
  problem: StudyProblem,
  placed: Assigned,
  leastLatency?: number,
): Judged[] {
  return requirements.map((requirement) => {
    const { text, metric, operator, value: bound } = requirement;
    const value = valueOf(requirement, frames.host, problem, placed);
    if (value === undefined) return { requirement: text, metric, verdict: "not judged" };

    // Rounding of sums is no miss.
    const met = operator === "<=" ? value <= bound * (1 + 1e-9) : value >= bound * (1 - 1e-9);
    const least = !met && metric === "latency" ? leastLatency : undefined;
    return {
      requirement: text,
      metric,
      verdict: met ? "met" : "missed",
      value,
      ...(least !== undefined && { least }),
    };
  });
}

function valueOf(
  { metric, host }: Requirement,
  capturing: string,
  problem: StudyProblem,
  { assignment, messages }: Assigned,
): number | undefined {
  const prices = pricesOf(problem, { latency: 1 });
  const nodesOn = (name: string): number[] =>
    assignment.flatMap((h, v) => (problem.hosts[h]!.name === name ? [v] : []));
  switch (metric) {
    case "latency":
      return costsOf(problem, prices, { assignment, messages }).total;
    case "throughput": {
      const parts = problem.hosts.map(({ name }, h) => ({ host: h, nodes: nodesOn(name) }));
      return 1 / Math.max(...loadsOf(problem, prices, parts, messages).map(({ load }) => load));
    }
    case "memory":
      return memoryOf(problem, nodesOn(host ?? capturing));
    case "bytes":
      return messages.reduce(
        (sum, { from, bytes }) => (problem.hosts[from]!.name === capturing ? sum + bytes : sum),
        0,
      );
    default:
      return undefined;
  }
}

/** The study's latency bound, if it has one: the tightest. */
export function latencyBound({ requirements }: Pick<Study, "requirements">): number | undefined {
  const bounds = requirements.flatMap(({ metric, value }) => (metric === "latency" ? [value] : []));
  return bounds.length > 0 ? Math.min(...bounds) : undefined;
}
