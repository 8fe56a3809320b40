/** @file The match of designs to requirements: which one to build, and why. */
import { checkDesign } from "./check.ts";
import { aims, best, differ, ranked, score, type OrderOptions } from "./order.ts";
import { nearestFit, type Relaxation } from "./relax.ts";
import { metricRules } from "../study/index.ts";
import type { Check, DesignResult, Verdict } from "./result.ts";
import type { Objective, Requirement } from "../study/index.ts";
import { describeDesign, figures, formatApart, shortfall, whatDecides, type HostNames } from "./words.ts";

export interface MatchOptions extends Pick<OrderOptions, "pairedAccuracy"> {
  /** The hosts' names, for the sentences and for the objective `memory`. */
  hosts?: HostNames;
}

/**
 * Chooses the best design by the objective among those that meet every requirement for sure.
 *
 * A difference inside the noise is no difference: the next objective decides, and what it cannot decide either is named
 * as a tie. Where nothing fits, the verdict names the design that needs the least and the bounds under which it fits.
 * @param objective not empty; ties go to the next in the list
 */
export function match(
  designs: readonly DesignResult[],
  requirements: readonly Requirement[],
  objective: Objective,
  options: MatchOptions = {},
): Verdict {
  if (designs.length === 0) {
    return { sentence: "There is no design to choose from: widen what the study explores.", fitting: [], ties: [] };
  }
  const order: OrderOptions = { pairedAccuracy: options.pairedAccuracy, capturing: options.hosts?.capturing };
  // Reading refuses what is not a number, also where no comparison would look at it.
  for (const design of designs) for (const aim of objective) score(design, aim, order);
  const fits = designs.filter((design) => unmet(design, requirements).length === 0);
  if (fits.length === 0) return nothingFits(nearestFit(designs, requirements), requirements);

  const { winner, ties } = best(fits, objective, order);
  const fitting = ranked(fits, objective, order);
  const others = designs.filter((design) => !fits.includes(design));
  const [, second] = fitting;
  const runnerUp = second
    ? { id: second.id, because: whySecond(winner, second, objective, order) }
    : others.length > 0
      ? whyUnfit(nearestFit(others, requirements).design, requirements)
      : undefined;
  return {
    sentence: `${describeDesign(winner, options.hosts)}: ${figures(winner, requirements)}.`,
    fitting: fitting.map(({ id }) => id),
    recommended: winner.id,
    ties: ties.map(({ id }) => id),
    ...(runnerUp && { runnerUp }),
  };
}

function unmet(design: DesignResult, requirements: readonly Requirement[]): Check[] {
  return checkDesign(design, requirements).filter(({ state }) => state !== "met");
}

function nothingFits({ design, relax }: Relaxation, requirements: readonly Requirement[]): Verdict {
  const checks = unmet(design, requirements);
  const missed = checks.some(({ state }) => state === "missed");
  const decides = [...new Set(checks.map(({ requirement }) => whatDecides(requirement, design)))].join(" and ");
  const wanted = relax.map(({ requirement, to }) => `${to} (asked: ${requirement})`).join(" and ");
  return {
    sentence: missed
      ? `No design meets every requirement; the nearest, ${design.id}, would with ${wanted}.`
      : `No design is sure to meet every requirement: the nearest, ${design.id}, ` +
        `${checks.map((check) => shortfall(design, check)).join(" and ")}; ${decides} would decide.`,
    fitting: [],
    ties: [],
    nearest: { id: design.id, relax },
  };
}

function whyUnfit(design: DesignResult, requirements: readonly Requirement[]): { id: string; because: string } {
  const reasons = unmet(design, requirements).map((check) => shortfall(design, check));
  return { id: design.id, because: `it ${reasons.join(" and ")}` };
}

const lesser: Record<Objective[number], string> = {
  accuracy: "its accuracy is lower",
  latency: "its p95 latency is longer",
  bytes: "it sends more bytes per frame",
  memory: "it needs more memory",
  throughput: "it sustains fewer frames per second",
};

/** In words with figures: the first objective in which the winner is better beyond the noise, or that there is none. */
function whySecond(winner: DesignResult, second: DesignResult, objective: Objective, options: OrderOptions): string {
  const against = (aim: Objective[number]): string => {
    const { format } = metricRules[aims[aim].metric];
    return formatApart(format, score(second, aim, options).value, score(winner, aim, options).value).join(" against ");
  };
  const even: string[] = [];
  for (const aim of objective) {
    const [mine, other] = [score(winner, aim, options).value, score(second, aim, options).value];
    const better = aims[aim].more ? mine > other : mine < other;
    if (better && differ(winner, second, aim, options)) {
      const before = even.length > 0 ? `the samples cannot tell them apart in ${even.join(" and ")}, but ` : "";
      return `${before}${lesser[aim]}: ${against(aim)}`;
    }
    even.push(`${aim} (${against(aim)})`);
  }
  return `a tie: the samples cannot tell them apart in ${even.join(" and ")}`;
}
