/** @file A design looked at closely: how busy it keeps hosts and links, and one of its frames, step by step. */
import { loadsOf, simulateFrames, workSteps, type FrameTrace, type Load, type Step } from "../frames/index.ts";
import { scenarioOf, type Simulated } from "./simulate.ts";
import type { Part } from "./way.ts";

/** A step of a frame, in seconds since its capture. */
export interface Span {
  /** Of a computation its host; of a transfer the hosts at its ends, and its links by name. */
  at: { host: string } | { from: string; to: string; links: string[] };
  part: Part;
  /** Of a computation. */
  work?: string;
  /** Of a transfer. */
  bytes?: number;
  /** When it was reached, when it was begun, when it was done. */
  reached: number;
  begun: number;
  done: number;
}

export interface Closely {
  /** The busiest first. */
  loads: Load[];
  /** The frame whose latency is the median of those that were answered; absent where none was. */
  frame?: { number: number; latency: number; spans: Span[] };
  /** By work step, the mean seconds that it took the frames that passed it, waits for a host left out; with where that was. */
  means: (Pick<Span, "at" | "part"> & { seconds: number })[];
}

export function closelyOf(study: Simulated, steps: readonly Step[]): Closely {
  const scenario = scenarioOf(study, steps);
  const traces = simulateFrames(scenario)[0]!;
  const answered = [...traces.keys()]
    .filter((i) => traces[i]!.finished >= 0)
    .sort((a, b) => latencyOf(traces[a]!) - latencyOf(traces[b]!));
  const median = answered[Math.ceil(answered.length / 2) - 1];
  return {
    loads: loadsOf(scenario),
    ...(median !== undefined && {
      frame: { number: median, latency: latencyOf(traces[median]!), spans: spansOf(steps, traces[median]!, median) },
    }),
    means: meansOf(steps, traces),
  };
}

const latencyOf = ({ finished, captured }: FrameTrace): number => (finished - captured) / 1e9;

function spansOf(steps: readonly Step[], { captured, steps: passed }: FrameTrace, frame: number): Span[] {
  const names = workSteps(steps);
  const since = (ns: number): number => (ns - captured) / 1e9;
  return passed
    .filter(({ end }) => end >= 0)
    .map(({ step, start, served, end }) => {
      const one = names[step]!;
      const times = { reached: since(start), begun: since(served), done: since(end) };
      if (one.kind === "compute") return { at: { host: one.host }, part: one.part as Part, work: one.work, ...times };
      const bytes = typeof one.bytes === "number" ? one.bytes : one.bytes[frame]!;
      return { at: wayOfTransfer(one), part: one.part as Part, bytes, ...times };
    });
}

function meansOf(steps: readonly Step[], traces: readonly FrameTrace[]): Closely["means"] {
  const names = workSteps(steps);
  const sums = names.map(() => ({ seconds: 0, frames: 0 }));
  for (const { steps: passed } of traces) {
    for (const { step, start, served, end } of passed) {
      if (end < 0) continue;
      sums[step]!.seconds += (end - (names[step]!.kind === "compute" ? served : start)) / 1e9;
      sums[step]!.frames++;
    }
  }
  return names.map((one, i) => ({
    at: one.kind === "compute" ? { host: one.host } : wayOfTransfer(one),
    part: one.part as Part,
    seconds: sums[i]!.seconds / Math.max(1, sums[i]!.frames),
  }));
}

const wayOfTransfer = ({ from, to, link }: { from: string; to: string; link: string | readonly string[] }) => ({
  from,
  to,
  links: [link].flat(),
});
