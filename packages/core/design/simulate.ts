/** @file A design's frames through hosts and links, and what they amount to. */
import { loadsOf, simulateFrames, workSteps, type FrameScenario, type FrameTrace, type Step } from "../frames/index.ts";
import type { LinkParameters } from "../network/index.ts";
import { meanInterval, quantileInterval, wilson, type Estimate } from "../statistics/index.ts";
import { linkName, type LinkOptions, type Study } from "../study/index.ts";
import type { Latency, LatencyParts } from "./result.ts";
import { partNames, type Part } from "./way.ts";

/** What a simulation reads of a study. */
export type Simulated = Pick<Study, "hosts" | "links" | "frames" | "seed">;

export interface FrameOutcome {
  /** Seconds from capture to answer; Infinity when it never came. */
  latency: number;
  parts: LatencyParts;
  /** Datagrams of the frame's message that were lost (UDP); of a design with several crossings, of any of them. */
  missing: Uint32Array;
}

/** A study's hosts and links with its frames on a way, as the simulator takes them. */
export function scenarioOf(study: Simulated, steps: readonly Step[]): FrameScenario {
  const { count, rate } = study.frames;
  return {
    hosts: Object.keys(study.hosts),
    links: study.links.map((link, index) => ({
      name: linkName(study, index),
      from: link.between[0],
      to: link.between[1],
      options: networkLink(link),
    })),
    flows: [{ name: "frames", period: 1e9 / rate, count, steps }],
    seed: study.seed,
  };
}

/** Simulates the study's frames along a way. The losses depend on the seed, so all designs meet the same ones. */
export function simulateSteps(study: Simulated, steps: readonly Step[]): FrameOutcome[] {
  const [traces] = simulateFrames(scenarioOf(study, steps));
  const parts = workSteps(steps).map(({ part }) => part as Part);
  return traces!.map((trace) => outcomeOf(trace, parts));
}

/** Frames per second that the busiest host or link sustains, what TCP sends again included; Infinity where nothing is done. */
export function sustainedRate(study: Simulated, steps: readonly Step[]): number {
  const [busiest] = loadsOf(scenarioOf(study, steps));
  return study.frames.rate / (busiest?.utilisation ?? 0);
}

/** A study's link for the simulator. */
export function networkLink(link: LinkOptions): LinkParameters {
  return {
    rate: link.rate,
    delay: Math.round(link.delay * 1e9),
    ...(link.loss.rate > 0 && { loss: { rate: link.loss.rate, burst: link.loss.burst } }),
    queue: { packets: link.queue },
    header: link.header,
    duplex: link.duplex,
  };
}

/** No time at all. */
export function noParts(): LatencyParts {
  return { queue: 0, ...(Object.fromEntries(partNames.map((part) => [part, 0])) as Record<Part, number>) };
}

/** @param names what each work step is to the design */
function outcomeOf(trace: FrameTrace, names: readonly Part[]): FrameOutcome {
  const parts = noParts();
  for (const { step, start, served, end } of trace.steps) {
    if (end < 0) continue;
    const part = names[step]!;
    const waits = part !== "wire" && part !== "answer";
    if (waits) parts.queue += (served - start) / 1e9;
    parts[part] += (end - (waits ? served : start)) / 1e9;
  }
  const lost = trace.missing.filter(({ step }) => names[step] === "wire").map(({ missing }) => missing);
  return {
    latency: trace.finished < 0 ? Infinity : (trace.finished - trace.captured) / 1e9,
    parts,
    missing: lost.length === 1 ? lost[0]! : union(lost),
  };
}

function union(lists: readonly Uint32Array[]): Uint32Array {
  return Uint32Array.from(new Set(lists.flatMap((list) => Array.from(list)))).sort();
}

export interface FrameSummary {
  latency: Latency;
  parts: LatencyParts;
  deadlineMisses: Estimate;
  framesLost: number;
}

/** A frame without an answer has an infinite latency, and has missed its deadline. */
export function summariseFrames(frames: readonly FrameOutcome[], deadline: number): FrameSummary {
  const latencies = Float64Array.from(frames, ({ latency }) => latency);
  const answered = frames.filter(({ latency }) => latency < Infinity);
  const mean = (of: (frame: FrameOutcome) => number): number =>
    answered.reduce((sum, frame) => sum + of(frame), 0) / Math.max(1, answered.length);
  const parts = noParts();
  for (const part of Object.keys(parts) as (keyof LatencyParts)[]) parts[part] = mean((frame) => frame.parts[part]);
  const complete = answered.length === frames.length;
  const { lo, hi } = meanInterval(latencies);
  return {
    latency: {
      median: quantileInterval(latencies, 0.5),
      p95: quantileInterval(latencies, 0.95),
      p99: quantileInterval(latencies, 0.99),
      mean: complete ? mean(({ latency }) => latency) : Infinity,
      ...(complete && { meanInterval: { lo, hi } }),
      max: latencies.reduce((most, one) => Math.max(most, one), 0),
    },
    parts,
    deadlineMisses: wilson(frames.filter(({ latency }) => latency > deadline).length, frames.length),
    framesLost: frames.length - answered.length,
  };
}
