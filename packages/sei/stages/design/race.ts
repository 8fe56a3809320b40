/**
 * @file A race of splits: which of them surely miss a requirement over the links as they are, before a bottleneck is trained, on a few
 * test samples, by what frames take at least, and by the first frames. LC, RC and exits are evaluated in full.
 */
import { exactly } from "@split-et-impera/core/cost";
import {
  checkDesign,
  designId,
  doubtOf,
  framesOfLatencies,
  kindOf,
  latenciesByFirst,
  over,
  summariseFrames,
  waysToSend,
  withoutMeanInterval,
  type Design,
  type DesignMetrics,
  type PrunedResult,
  type TransportSpec,
} from "@split-et-impera/core/design";
import { atLoss, deadlineOf, uplinkOf, type Study } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import type { Context } from "../context.ts";
import { missesAtBest, type Bounded } from "./at-best.ts";
import { stepsOf, type Candidate, type Grounds } from "./evaluate.ts";
import { heatOf } from "./heat.ts";
import type { Pieces } from "./pieces.ts";
import type { SentCapture } from "./prepared.ts";
import { fixedBytes } from "./sent.ts";
import { codedFor, memoryOf } from "./split-design.ts";
import type { Subject } from "./subject.ts";

/** How many times fewer frames are simulated to see whether the rest is worth it. */
const firstShare = 8;

export const races = ({ study, test }: Pick<Subject, "study" | "test">): boolean =>
  study.explore.race === true && !test.stream;

/** The study with all of its designs evaluated. */
export function withoutRace(study: Study): Study {
  const { race: _, ...explore } = study.explore;
  return { ...study, explore };
}

/** Those that go on, and those that left. */
export interface Field<T> {
  left: T[];
  out: PrunedResult[];
}

/**
 * Splits that may meet what is asked of times, bytes and memory if nothing took time but what is sent.
 * @param pieces whose bottleneck need not be trained yet
 */
export function started(
  subject: Subject,
  designs: readonly Design[],
  pieces: Pieces,
  capture?: SentCapture,
): Field<Design> {
  const grounds = freeGrounds(subject);
  const { study } = subject;
  return fieldOf(designs, (design) => {
    const prepared = leastOf(subject, design, pieces, capture);
    return waysToSend(study, design).map((transport) => {
      const misses = missesAtBest(grounds, { prepared, transport }, study, true);
      return { design: idOf(subject, design, transport), misses, after: {} };
    });
  });
}

/** Those that may be good enough, by a part of the test samples. */
export async function heated(
  subject: Subject,
  designs: readonly Design[],
  pieces: Pieces,
  baseline: readonly Evidence[],
  context: Context,
  capture?: SentCapture,
): Promise<Field<Design>> {
  const found = new Map<Design, PrunedResult[]>();
  for (const design of designs) {
    const { samples, misses } = (await heatOf(subject, design, pieces, baseline, context, capture)).value;
    const ways = waysToSend(subject.study, design);
    found.set(
      design,
      ways.map((transport) => ({ design: idOf(subject, design, transport), misses, after: { samples } })),
    );
  }
  return fieldOf(designs, (design) => found.get(design)!);
}

/** Those that may meet what is asked of times, by what frames take at least, then by the first ones simulated. */
export function timed<C extends Candidate>(grounds: Grounds, candidates: readonly C[]): Field<C> {
  const { subject } = grounds;
  return fieldOf(candidates, (one) => {
    const { prepared, transport } = one;
    if (kindOf(prepared.design) !== "SC") return [];
    const design = idOf(subject, prepared.design, transport);
    const misses = missesAtBest(grounds, one, subject.study, true);
    if (misses.length > 0) return [{ design, misses, after: {} }];
    const frames = Math.ceil(subject.study.frames.count / firstShare);
    return [{ design, misses: missesByFirst(grounds, one, frames), after: { frames } }];
  });
}

/** What is out by all that is said of it; what is said is kept. */
function fieldOf<T>(all: readonly T[], said: (one: T) => PrunedResult[]): Field<T> {
  const field: Field<T> = { left: [], out: [] };
  for (const one of all) {
    const found = said(one);
    if (found.length > 0 && found.every(({ misses }) => misses.length > 0)) field.out.push(...found);
    else field.left.push(one);
  }
  return field;
}

const idOf = ({ study }: Subject, design: Design, transport: TransportSpec | undefined): string =>
  designId(transport ? over(design, transport, study) : design);

/** Requirements on times that are surely missed, from the first frames; nothing that loss does to answers is looked at. */
function missesByFirst(grounds: Grounds, { prepared, transport }: Candidate, first: number): string[] {
  const { study } = grounds.subject;
  const design = transport ? over(prepared.design, transport, study) : prepared.design;
  const steps = stepsOf(grounds, study, prepared, design);
  const there = atLoss(study, uplinkOf(study).link.loss.rate);
  const doubt = doubtOf(grounds.costs, there, steps);
  const frames = framesOfLatencies(latenciesByFirst(there, steps, first));
  const { latency, ...rest } = summariseFrames(frames, deadlineOf(study), doubt.latency);
  const metrics: DesignMetrics = {
    quality: {},
    drop: {},
    ...rest,
    latency: withoutMeanInterval(latency),
    bytes: 0,
    memory: {},
    throughput: 0,
  };
  const asked = study.requirements.filter(({ metric }) => metric === "latency" || metric === "deadline-misses");
  return checkDesign(metrics, asked).flatMap(({ state, requirement }) =>
    state === "missed" ? [requirement.text] : [],
  );
}

/** Grounds on which nothing takes time but what is sent. */
function freeGrounds(subject: Subject): Grounds {
  const { study, test } = subject;
  const nothing = new Float64Array(study.frames.count);
  return {
    subject,
    prices: [],
    answers: new Uint32Array(test.count).fill(1),
    costs: { of: () => exactly(0), at: () => freeGrounds(subject).costs, frames: () => nothing },
    frames: () => nothing,
    together: () => undefined,
  };
}

/** What a design sends and holds at least: of messages that vary nothing is known before they are made. */
function leastOf(subject: Subject, design: Design, pieces: Pieces, capture: SentCapture | undefined): Bounded {
  const { count } = subject.test;
  const sent = codedFor(subject, design, pieces).map((one) => new Uint32Array(count).fill(fixedBytes(one) ?? 1));
  return {
    design,
    bytes: [...(capture ? [capture.bytes] : []), ...sent],
    memory: memoryOf(subject, design.segments, pieces, capture),
  };
}
