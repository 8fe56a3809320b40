/** @file The match of designs to requirements: which one to build, and why. */
import { moreIsBetter, type Objective, type Requirement } from "../study/index.ts";
import { checkDesign, isSystemMetric, mainMetric, read } from "./check.ts";
import { best, byValues, differ, ranked, score, type OrderOptions } from "./order.ts";
import type { Deciding, Phrase } from "./phrase.ts";
import { nearestFit, type Relaxation } from "./relax.ts";
import type { Check, DesignResult, Verdict } from "./result.ts";

/** The objective `memory` is the capturing host's. */
export type MatchOptions = OrderOptions;

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
  if (designs.length === 0) return { says: [{ kind: "nothing" }], fitting: [], ties: [], instead: [] };
  const fits = fittingOf(designs, requirements, objective, options);
  const better = byValues(objective, options);
  if (fits.length === 0) {
    const nearest = nearestFit(designs, requirements, better);
    const says = nothingFits(nearest, requirements);
    const { design, relax } = nearest;
    const instead = insteadOf([design.id], designs, better, (one) => whyUnfit(one, requirements));
    return { says, fitting: [], ties: [], instead, nearest: { id: design.id, relax } };
  }
  const { winner, ties } = best(fits, objective, options);
  const fitting = ranked(fits, objective, options);
  const because = (design: DesignResult): Phrase[] =>
    fits.includes(design) ? whySecond(winner, design, objective, options) : whyUnfit(design, requirements);
  const others = designs.filter((design) => !fits.includes(design));
  const second =
    undecidedRival(fits, others, requirements, objective, options) ??
    fitting[1] ??
    (others.length > 0 ? nearestFit(others, requirements, better).design : undefined);
  return {
    says: [{ kind: "choose", design: winner.id }, ...figures(winner, requirements)],
    fitting: fitting.map(({ id }) => id),
    recommended: winner.id,
    ties: ties.map(({ id }) => id),
    ...(second && { runnerUp: { id: second.id, because: because(second) } }),
    instead: insteadOf([winner.id, second?.id, ...ties.map(({ id }) => id)], designs, better, because),
  };
}

/** The id of the design that `match` recommends, without the words and the order of all others; undefined where nothing fits. */
export function recommendedOf(
  designs: readonly DesignResult[],
  requirements: readonly Requirement[],
  objective: Objective,
  options: MatchOptions = {},
): string | undefined {
  const fits = fittingOf(designs, requirements, objective, options);
  return fits.length > 0 ? best(fits, objective, options).winner.id : undefined;
}

function fittingOf(
  designs: readonly DesignResult[],
  requirements: readonly Requirement[],
  objective: Objective,
  options: MatchOptions,
): DesignResult[] {
  // Reading refuses what is not a number, also where no comparison would look at it.
  for (const design of designs) for (const aim of objective) score(design, aim, options);
  return designs.filter((design) => unmet(design, requirements).length === 0);
}

/** What comes to mind first, where the verdict does not name it: the model on the capturing host, and the best that sends. */
function insteadOf(
  named: readonly (string | undefined)[],
  designs: readonly DesignResult[],
  better: (a: DesignResult, b: DesignResult) => number,
  because: (design: DesignResult) => Phrase[],
): Verdict["instead"] {
  return (["LC", "RC"] as const).flatMap((kind) => {
    const all = designs.filter((design) => design.kind === kind);
    if (all.length === 0 || all.some(({ id }) => named.includes(id))) return [];
    const [first] = all.toSorted((a, b) => failures(a) - failures(b) || better(a, b));
    return [{ id: first!.id, because: because(first!) }];
  });
}

const failures = ({ checks }: DesignResult): number => checks.filter(({ state }) => state !== "met").length;

/** A design that would be recommended if it were sure to fit: what decides between them is not known. */
function undecidedRival(
  fits: readonly DesignResult[],
  others: readonly DesignResult[],
  requirements: readonly Requirement[],
  objective: Objective,
  options: MatchOptions,
): DesignResult | undefined {
  const open = others.filter((design) => unmet(design, requirements).every(({ state }) => state === "undecided"));
  const { winner } = best([...fits, ...open], objective, options);
  return open.includes(winner) ? winner : undefined;
}

function unmet(design: DesignResult, requirements: readonly Requirement[]): Check[] {
  return checkDesign(design, requirements).filter(({ state }) => state !== "met");
}

/** A metric of the task: what the study bounds, by itself or by its drop, else the first; and the latencies that the study bounds. */
function figures(design: DesignResult, requirements: readonly Requirement[]): Phrase[] {
  const bounded = requirements.map((one) => one.metric.replace(/-drop$/, "")).find((name) => design.quality[name]);
  const metric = bounded ?? mainMetric(design.quality);
  const asked = requirements.find((one) => one.metric === metric);
  const latencies = requirements.filter(({ metric }) => metric === "latency");
  const figure = (one: Pick<Requirement, "metric" | "statistic"> & { value?: number }): Phrase => ({
    kind: "figure",
    metric: one.metric,
    ...(one.statistic && { statistic: one.statistic }),
    value: read(design, one).value,
    ...(one.value !== undefined && { bound: one.value }),
  });
  const usual = { metric: "latency", statistic: "p95" } as const;
  return [
    figure(asked ?? { metric }),
    ...(design.overload ? [] : latencies.length > 0 ? latencies : [usual]).map(figure),
    ...(design.overload ? [{ kind: "overloaded", ...design.overload } as const] : []),
    ...(design.framesLost > 0 ? [{ kind: "unanswered", frames: design.framesLost } as const] : []),
  ];
}

function nothingFits({ design, relax }: Relaxation, requirements: readonly Requirement[]): Phrase[] {
  const checks = unmet(design, requirements);
  if (checks.some(({ state }) => state === "missed")) {
    return [{ kind: "nearest", design: design.id }, ...relax.map((line): Phrase => ({ kind: "relax", ...line }))];
  }
  const decides = [...new Set(checks.flatMap(({ requirement }) => whatDecides(requirement, design)))];
  return [{ kind: "unsure", design: design.id, decides }, ...checks.map((check) => shortfall(design, check))];
}

function whyUnfit(design: DesignResult, requirements: readonly Requirement[]): Phrase[] {
  const reasons = unmet(design, requirements).map((check) => shortfall(design, check));
  return design.overload ? [{ kind: "overloaded", ...design.overload }, ...reasons.filter(notLatency)] : reasons;
}

/** Of an overloaded design, that it is so says all about its latency. */
function notLatency(phrase: Phrase): boolean {
  return !("metric" in phrase) || phrase.metric !== "latency";
}

function shortfall(design: DesignResult, { requirement, state, value }: Check): Phrase {
  const { text, metric, statistic, host } = requirement;
  const figure = {
    requirement: text,
    metric,
    ...(statistic && { statistic }),
    ...(host !== undefined && { host }),
    value,
  };
  if (state === "missed") return { kind: "misses", ...figure, bound: requirement.value };
  const { lo, hi } = read(design, requirement);
  return { kind: "undecided", ...figure, lo, hi };
}

/** What would decide a requirement: a larger sample, or compute times that are better known. */
function whatDecides({ metric }: Requirement, { throughputInterval }: DesignResult): Deciding[] {
  if (!isSystemMetric(metric)) return ["images"];
  if (!throughputInterval) return ["frames"];
  return metric === "throughput" ? ["times"] : ["frames", "times"];
}

/** The first objective in which the winner is better beyond the noise, after those that cannot tell the two apart. */
function whySecond(winner: DesignResult, second: DesignResult, objective: Objective, options: OrderOptions): Phrase[] {
  const even: Phrase[] = [];
  for (const aim of objective) {
    const [than, value] = [score(winner, aim, options).value, score(second, aim, options).value];
    const better = moreIsBetter(aim) ? than > value : than < value;
    if (better && differ(winner, second, aim, options)) return [...even, { kind: "worse", aim, value, than }];
    even.push({ kind: "even", aim, value, than });
  }
  return [{ kind: "tie" }, ...even];
}
