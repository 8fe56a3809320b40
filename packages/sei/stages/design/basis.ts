/** @file What the designs of a study were simulated with, as its result keeps it. */
import type { Costs, HostSpeed } from "@split-et-impera/core/cost";
import { aloneOf, wholeWork } from "@split-et-impera/core/cost";
import { basisName, perImage, savedCosts, type Basis, type DesignBasis } from "@split-et-impera/core/design";
import type { Evidence } from "@split-et-impera/core/task";
import type { Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";

export interface BasisInput {
  subject: Subject;
  speeds: Readonly<Record<string, HostSpeed>>;
  /** Measured on this machine. */
  costs: Costs;
  /** Bytes of the answers. */
  answers: Uint32Array;
  /** The unchanged model's answers judged. */
  baseline: readonly Evidence[];
  prepared: readonly Prepared[];
}

/** Only the work that some design does: profiles hold that of all cuts. */
export function basisOf({ subject, speeds, costs, answers, baseline, prepared }: BasisInput): Basis {
  const used = new Set([wholeWork, ...prepared.flatMap(({ works }) => works.map(({ name }) => name))]);
  const of = (all: Costs): Basis["costs"] =>
    savedCosts(Object.fromEntries(Object.entries(all).filter(([work]) => used.has(aloneOf(work)))));
  const profiles = Object.entries(speeds).flatMap(([host, { profile }]) =>
    profile ? [[host, of(profile.works)] as const] : [],
  );
  // Where profiles have all of it, nothing is drawn from what was measured here, which differs from run to run.
  const unknown = Object.values(speeds).some(({ profile }) => [...used].some((work) => !profile?.works[work]));
  const { score } = subject.exam.task.metrics[0]!;
  const right = score && baseline.map(score);
  return {
    images: subject.test.count,
    costs: unknown ? of(costs) : {},
    ...(profiles.length > 0 && { profiles: Object.fromEntries(profiles) }),
    answers: perImage(answers),
    designs: Object.fromEntries(prepared.map((one) => [basisName(one.design), designBasis(one, score, right)])),
    ...(right && { right: perImage(right) }),
  };
}

function designBasis(
  { bytes, exit, clean }: Prepared,
  score: ((evidence: Evidence) => number) | undefined,
  right: readonly number[] | undefined,
): DesignBasis {
  const own = score && clean.map(score);
  const images = own?.flatMap((value, i) => (value === right![i] ? [] : [i])) ?? [];
  return {
    ...(bytes && { bytes: perImage(bytes[0]!) }),
    ...(bytes && bytes.length > 1 && { behind: bytes.slice(1).map(perImage) }),
    ...(exit && { taken: Array.from(exit.taken).flatMap((sure, i) => (sure === 0 ? [] : [i])) }),
    ...(own && { differs: { images, right: images.map((i) => own[i]!) } }),
  };
}
