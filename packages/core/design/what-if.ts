/** @file A result's designs and its verdict under other circumstances: what a study would say, from what its result keeps. */
import { clusteredDifference } from "../statistics/index.ts";
import { endsOf, type Metric, type Study } from "../study/index.ts";
import { simulatorOf, type Again } from "./again.ts";
import { basisName, rightOf, type Basis } from "./basis.ts";
import { timesAtBest } from "./bounds.ts";
import { checkDesign, mainMetric } from "./check.ts";
import { match } from "./match.ts";
import { predictQuality, type Knowledge } from "./predict-quality.ts";
import type { DesignResult, Result, Verdict } from "./result.ts";
import type { ProtectionSpec } from "../wire/index.ts";

/** A design under other circumstances. */
export interface WhatIfDesign extends DesignResult {
  /** How its quality is known. */
  known: Knowledge;
  /** Of its frames, by number: seconds from capture to answer; Infinity: never. */
  latencies: Float64Array;
}

export interface WhatIf {
  /** By its id. */
  design(id: string): WhatIfDesign;
  /** The same at its best, not simulated: answers of which nothing is lost, of frames that wait for nothing. */
  atBest(id: string): DesignResult;
  /** What is best of these. */
  verdict(designs: readonly DesignResult[]): Verdict;
}

/** Whether a result keeps what this takes; those of older versions do not. */
export const canSimulate = (result: Result): result is Result & { basis: Basis } => result.basis !== undefined;

/** What else is different: of all designs over datagrams. */
export interface WhatIfOptions {
  /** What is added to their datagrams, in place of what the study had. */
  protection?: ProtectionSpec;
}

/**
 * @param result that keeps its basis
 * @param study the result's own with other links, speeds, frames, requirements; its hosts and links by the same names
 */
export function whatIf(result: Result & { basis: Basis }, study: Study, { protection }: WhatIfOptions = {}): WhatIf {
  const { simulate, steps } = simulatorOf(result.basis, study);
  const byId = new Map(result.designs.map((one) => [one.id, one]));
  const design = (id: string): WhatIfDesign => {
    const known = byId.get(id)!;
    const { frames, ...again } = simulate(protection ? protectedBy(known, protection) : known);
    const latencies = Float64Array.from(frames, ({ latency }) => latency);
    return { ...withChecks(result, study, known, again), latencies };
  };
  const unchanged = !protection && JSON.stringify(study) === JSON.stringify(result.study);
  return {
    design,
    atBest(id) {
      const known = byId.get(id)!;
      const { bytes } = known;
      return withChecks(result, study, known, { ...timesAtBest(study, steps(known)), bytes, fallback: 0 });
    },
    verdict(designs) {
      // Answers with holes are not kept one by one: of the study itself the result knows better.
      if (unchanged && designs.length === result.designs.length) return result.verdict;
      const paired = pairedBy(result, new Map(designs.map((one) => [one.id, one])));
      return match(designs, study.requirements, study.objective, { paired, capturing: endsOf(study).capturing });
    },
  };
}

function protectedBy(design: DesignResult, protection: ProtectionSpec): DesignResult {
  const { kind } = protection;
  const crossings = design.crossings.map((crossing) => {
    const { protection: _own, ...transport } = crossing.transport;
    if (transport.kind !== "udp") return crossing;
    return { ...crossing, transport: { ...transport, ...(kind !== "none" && { protection }) } };
  });
  return { ...design, crossings };
}

function withChecks(
  result: Result,
  study: Study,
  known: DesignResult,
  again: Omit<Again, "frames">,
): Omit<WhatIfDesign, "latencies"> {
  const { fallback, ...figures } = again;
  const { quality, drop, known: how } = predictQuality(result, known, again);
  const { overload: _overload, holes: _holes, throughputInterval: _interval, ...lasting } = known;
  const found: DesignResult = {
    ...lasting,
    ...figures,
    quality,
    drop,
    ...(known.exited && {
      exited: { ...known.exited, fallback: { ...known.exited.fallback, value: fallback } },
    }),
  };
  return {
    ...found,
    checks: checkDesign(found, study.requirements),
    known: how,
  };
}

/** Differences on the same images, of designs none of whose answers are touched; undefined of others. */
function pairedBy({ basis }: { basis: Basis }, designs: ReadonlyMap<string, DesignResult>) {
  const scores = new Map<string, readonly number[] | undefined>();
  const of = (id: string): readonly number[] | undefined => {
    if (!scores.has(id)) {
      const design = designs.get(id)!;
      const untouched = (design.holes?.share ?? 0) === 0 && (design.exited?.fallback.value ?? 0) === 0;
      scores.set(id, untouched ? rightOf(basis, basis.designs[basisName(design)]!) : undefined);
    }
    return scores.get(id);
  };
  return (a: string, b: string, metric: Metric) => {
    const [first, second] = [of(a), of(b)];
    if (!first || !second || metric !== mainMetric(designs.get(a)!.quality)) return undefined;
    return clusteredDifference({ scores: first }, { scores: second });
  };
}

/** Images to which two designs answer differently, without loss. */
export interface Differing {
  /** By number: those that only the first answers (more) rightly, and those that only the second does. */
  first: number[];
  second: number[];
}

/** Undefined where that is not known: of tasks whose first metric is no mean over images. */
export function differingImages(basis: Basis, a: DesignResult, b: DesignResult): Differing | undefined {
  const [first, second] = [a, b].map((one) => rightOf(basis, basis.designs[basisName(one)] ?? {}));
  if (!first || !second) return undefined;
  const all = Array.from({ length: basis.images }, (_, image) => image);
  return {
    first: all.filter((image) => first[image]! > second[image]!),
    second: all.filter((image) => second[image]! > first[image]!),
  };
}
