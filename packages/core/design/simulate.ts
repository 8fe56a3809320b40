/** @file A design's frames through hosts and links, and what they amount to. */
import {
  loadsOf,
  overloadOf,
  simulateFrames,
  workSteps,
  type FrameScenario,
  type FrameTrace,
  type Resource,
  type Step,
} from "../frames/index.ts";
import { meanInterval, quantileInterval, wilson, type Estimate } from "../statistics/index.ts";
import { linkName, type Study } from "../study/index.ts";
import { latencyCurve } from "./latency-curve.ts";
import { backgroundTraffic, networkLink, otherStations } from "./network-link.ts";
import { isExitWork } from "./works.ts";
import type { DesignOverload, Latency, LatencyParts } from "./result.ts";
import { partNames, type Part } from "./way.ts";

/** What a simulation reads of a study. */
export type Simulated = Pick<Study, "hosts" | "links" | "frames" | "seed">;

export interface FrameOutcome {
  /** Seconds from capture to answer; Infinity when it never came. */
  latency: number;
  parts: LatencyParts;
  /** Seconds from capture to what an exit says, where it was asked and not sure. */
  unsure?: number;
  /** Datagrams that were lost (UDP) of each crossing's message, by its position; empty where none was. */
  missing: readonly Uint32Array[];
}

/** A study's hosts and links with its frames on a way, as the simulator takes them. */
export function scenarioOf(study: Simulated, steps: readonly Step[]): FrameScenario {
  const { count, rate, order } = study.frames;
  const background = study.links.flatMap((link, index) =>
    (link.background ?? []).map((one) => ({ link: linkName(study, index), ...backgroundTraffic(one) })),
  );
  // Of links that share a medium the first that tells of others counts.
  const stations = study.links
    .flatMap(otherStations)
    .filter(({ link }, i, all) => all.findIndex((one) => one.link.medium.name === link.medium.name) === i);
  const serving = servingOf(study);
  return {
    hosts: Object.keys(study.hosts),
    ...(serving && { serving }),
    links: study.links.map((link, index) => ({
      name: linkName(study, index),
      from: link.between[0],
      to: link.between[1],
      options: networkLink(link),
    })),
    flows: [{ name: "frames", period: 1e9 / rate, count, steps }],
    ...(background.length > 0 && { background }),
    ...(stations.length > 0 && { stations }),
    ...(order && { order }),
    seed: study.seed,
  };
}

/** Hosts that are more than a single server, as the simulator takes them; undefined where none is. */
export function servingOf({ hosts }: Pick<Study, "hosts">): FrameScenario["serving"] {
  const found = Object.entries(hosts).filter(([, { cores = 1, batch }]) => cores > 1 || batch);
  if (found.length === 0) return undefined;
  return Object.fromEntries(
    found.map(([name, { cores = 1, batch }]) => [
      name,
      { cores, ...(batch && { batch: { size: batch.size, timeout: Math.round(1e9 * batch.timeout) } }) },
    ]),
  );
}

export interface Simulation {
  frames: FrameOutcome[];
  /** Where frames come faster than they can be answered: their latencies then only tell how many were simulated. */
  overload?: DesignOverload;
}

/** Simulates the study's frames along a way. The losses depend on the seed, so all designs meet the same ones. */
export function simulateSteps(study: Simulated, steps: readonly Step[]): Simulation {
  const scenario = scenarioOf(study, steps);
  const [traces] = simulateFrames(scenario);
  const overload = overloadOf(scenario, scenario.flows[0]!, traces);
  const busiest = overload?.load && resourceName(overload.load.resource);
  return {
    frames: outcomesOf(steps, traces!),
    ...(overload && {
      overload: { offered: overload.offered, sustained: overload.sustained, ...(busiest !== undefined && { busiest }) },
    }),
  };
}

/** What became of frames that passed these steps. */
export function outcomesOf(steps: readonly Step[], traces: readonly FrameTrace[]): FrameOutcome[] {
  const names = workSteps(steps);
  const parts = names.map(({ part }) => part as Part);
  const asked = new Set(names.flatMap((step, i) => (step.kind === "compute" && isExitWork(step.work) ? [i] : [])));
  return traces.map((trace) => outcomeOf(trace, parts, asked));
}

/** A host's or link's name, or that of the medium that links share. */
export function resourceName(resource: Resource): string {
  if (resource.kind === "host") return resource.host;
  return resource.kind === "link" ? resource.link : resource.name;
}

/**
 * Frames per second that the busiest host or link sustains, what TCP sends again included, other stations on its medium not; Infinity where
 * nothing is done.
 */
export function sustainedRate(study: Simulated, steps: readonly Step[]): number {
  const [busiest] = loadsOf({ ...scenarioOf(study, steps), stations: [] });
  return study.frames.rate / (busiest?.utilisation ?? 0);
}

const none: LatencyParts = {
  queue: 0,
  ...(Object.fromEntries(partNames.map((part) => [part, 0])) as Record<Part, number>),
};

/** No time at all. */
export function noParts(): LatencyParts {
  return { ...none };
}

/**
 * @param names what each work step is to the design
 * @param asked those that ask an exit
 */
function outcomeOf(trace: FrameTrace, names: readonly Part[], asked: ReadonlySet<number>): FrameOutcome {
  const parts = noParts();
  let said = -1;
  for (const { step, start, served, end } of trace.steps) {
    if (end < 0) continue;
    if (asked.has(step)) said = end;
    const part = names[step]!;
    const waits = part !== "wire" && part !== "answer";
    if (waits) parts.queue += (served - start) / 1e9;
    parts[part] += (end - (waits ? served : start)) / 1e9;
  }
  const lost = trace.missing.filter(({ step, missing }) => names[step] === "wire" && missing.length > 0);
  // An answer with a hole says nothing.
  const holed = trace.missing.some(({ step, missing }) => names[step] === "answer" && missing.length > 0);
  return {
    latency: trace.finished < 0 || holed ? Infinity : (trace.finished - trace.captured) / 1e9,
    parts,
    // A frame that left is finished with that.
    ...(said >= 0 && said !== trace.finished && { unsure: (said - trace.captured) / 1e9 }),
    missing: lost.length > 0 ? byCrossing(names, lost) : [],
  };
}

function byCrossing(names: readonly Part[], lost: FrameTrace["missing"]): Uint32Array[] {
  const wires = names.flatMap((name, step) => (name === "wire" ? [step] : []));
  return wires.map((wire) => lost.find(({ step }) => step === wire)?.missing ?? nothing);
}

const nothing = new Uint32Array();

/**
 * When the answer of an exit that was not sure stands, from capture, in seconds: a little before the deadline, so that it
 * is there in time.
 */
export const exitStandsAt = (deadline: number): number => deadline - Math.min(0.001, deadline / 10);

/** A frame's latency if all work took so much longer: where an exit was asked, its answer stands before a later one. */
function moved({ latency, unsure }: FrameOutcome, by: number, deadline: number): number {
  const later = latency + by;
  const stands = exitStandsAt(deadline);
  return unsure === undefined || later <= stands ? later : Math.max(stands, unsure + by);
}

/** Frames as their answers come where those of exits stand near the deadline. */
export const withExitAnswers = (frames: readonly FrameOutcome[], deadline: number): FrameOutcome[] =>
  frames.map((frame) => (frame.unsure === undefined ? frame : { ...frame, latency: moved(frame, 0, deadline) }));

export interface FrameSummary {
  latency: Latency;
  parts: LatencyParts;
  deadlineMisses: Estimate;
  framesLost: number;
}

/** By how many seconds frames may be quicker and slower, since how long work takes is not known better. */
export interface Doubt {
  /** All frames, by the interval of the work's location. */
  less: number;
  more: number;
  /** Less at these quantiles, where the spread of the work's times may not be the host's own. */
  spread?: { median: number; p95: number; p99: number };
}

/**
 * A frame without an answer has an infinite latency, and has missed its deadline. Intervals are those of the frames as a
 * sample, widened by the doubt about how long work takes.
 */
export function summariseFrames(
  frames: readonly FrameOutcome[],
  deadline: number,
  { less, more, spread }: Doubt = { less: 0, more: 0 },
): FrameSummary {
  const widened = <T extends { lo: number; hi: number }>(one: T, name?: keyof NonNullable<Doubt["spread"]>): T => ({
    ...one,
    lo: one.lo - less - (name ? (spread?.[name] ?? 0) : 0),
    hi: one.hi + more,
  });
  const late = (shift: number): Estimate =>
    wilson(frames.filter((frame) => moved(frame, shift, deadline) > deadline).length, frames.length);
  const latencies = Float64Array.from(frames, ({ latency }) => latency);
  const slowest = frames.some(({ unsure }) => unsure !== undefined)
    ? Float64Array.from(frames, (frame) => moved(frame, more, deadline))
    : undefined;
  const quantileOf = (name: keyof NonNullable<Doubt["spread"]>, p: number): Estimate => {
    const { value, lo, hi, n } = widened(quantileInterval(latencies, p), name);
    return { value, lo, hi: slowest ? quantileInterval(slowest, p).hi : hi, n };
  };
  const answered = frames.filter(({ latency }) => latency < Infinity);
  const mean = (of: (frame: FrameOutcome) => number): number =>
    answered.reduce((sum, frame) => sum + of(frame), 0) / Math.max(1, answered.length);
  const parts = noParts();
  for (const part of Object.keys(parts) as (keyof LatencyParts)[]) parts[part] = mean((frame) => frame.parts[part]);
  const complete = answered.length === frames.length;
  const { lo, hi } = meanInterval(latencies);
  return {
    latency: {
      median: quantileOf("median", 0.5),
      p95: quantileOf("p95", 0.95),
      p99: quantileOf("p99", 0.99),
      mean: complete ? mean(({ latency }) => latency) : Infinity,
      ...(complete && { meanInterval: widened({ lo, hi }) }),
      max: latencies.reduce((most, one) => Math.max(most, one), 0),
      curve: latencyCurve(latencies),
    },
    parts,
    deadlineMisses: { ...late(0), lo: late(-less).lo, hi: late(more).hi },
    framesLost: frames.length - answered.length,
  };
}
