/** @file The busiest second of a simulation: which host or link serves which flow when. */
import { workSteps, type FrameTrace } from "../frames/index.ts";
import type { Stream } from "./scenario.ts";

export interface BusySecond {
  /** Seconds since the beginning. */
  from: number;
  to: number;
  /** Work on hosts, and messages on their way over links; by the place of the flow. */
  spans: { on: string; kind: "host" | "link"; flow: number; from: number; to: number }[];
}

/** Longer lists would fill a result; the second is cut where there are more. */
const MOST = 3000;

/** The window of a second (less where so much happens) in which hosts work most. */
export function busySecond(streams: readonly Stream[], traces: readonly FrameTrace[][], seconds: number): BusySecond {
  const all: BusySecond["spans"] = [];
  const work = new Float64Array(Math.max(1, Math.ceil(seconds) + 1));
  for (const [i, { flow, steps }] of streams.entries()) {
    const names = workSteps(steps);
    for (const trace of traces[i]!) {
      for (const { step, served, start, end } of trace.steps) {
        if (end < 0) continue;
        const one = names[step]!;
        if (one.kind === "compute") {
          all.push({ on: one.host, kind: "host", flow, from: served / 1e9, to: end / 1e9 });
          const at = Math.floor(served / 1e9);
          if (at < work.length) work[at]! += end - served;
        } else {
          for (const on of [one.link].flat()) all.push({ on, kind: "link", flow, from: start / 1e9, to: end / 1e9 });
        }
      }
    }
  }
  const from = work.reduce((most, one, i) => (one > work[most]! ? i : most), 0);
  const inside = (to: number): BusySecond["spans"] =>
    all.filter((span) => span.to > from && span.from < to).toSorted((a, b) => a.from - b.from);
  let to = from + 1;
  while (inside(to).length > MOST) to = from + (to - from) / 2;
  const spans = inside(to).map((span) => ({ ...span, from: Math.max(from, span.from), to: Math.min(to, span.to) }));
  return { from, to, spans };
}
