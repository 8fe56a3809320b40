/** @file What became of a run's frames, in a few numbers: added up frame by frame, for a run may go on for months. */
import { quantileInterval, type Estimate } from "@split-et-impera/core/statistics";
import type { Quality } from "@split-et-impera/core/task";
import type { FrameRecord } from "@split-et-impera/runtime/host";
import type { RunQuality } from "./judgement.ts";
import { Reservoir } from "./reservoir.ts";

export interface RunSummary {
  frames: number;
  answered: number;
  /** Answered by the rest of the model here. */
  fallbacks: number;
  /** Answered by an early exit that was sure, and by one that was not, where no other answer came in time; absent: none. */
  exits?: number;
  exitFallbacks?: number;
  /** Answered late, or never. */
  missed: number;
  /** Without an answer, by reason. */
  without: Record<string, number>;
  /** Seconds, of the answered frames, with 95 % intervals; absent where there are none. */
  latency?: { median: Estimate; p90: Estimate; p95: Estimate; p99: Estimate };
  /** A mean per frame. */
  bytes: number;
  /** Means over the answered frames, seconds. */
  parts: Record<string, number>;
  /** Of the frames whose truth is known, every metric of the task. */
  quality?: Quality;
}

/** Latencies that are kept: of more frames, so many drawn at random, each with the same chance. */
export const mostKept = 65_536;

export class RunTally {
  /** So far. */
  frames = 0;
  private answered = 0;
  private fallbacks = 0;
  private exits = 0;
  private exitFallbacks = 0;
  private missed = 0;
  private bytes = 0;
  private readonly without: Record<string, number> = {};
  private readonly parts: Record<string, number> = {};
  private readonly latencies = new Reservoir<number>(mostKept, "latencies");

  add({ latency, deadlineMet, exit, fallback, why, bytes, parts }: FrameRecord): void {
    this.frames++;
    this.bytes += bytes;
    if (!deadlineMet) this.missed++;
    if (why !== undefined) this.without[why] = (this.without[why] ?? 0) + 1;
    if (latency === undefined) return;
    this.answered++;
    if (fallback === "local") this.fallbacks++;
    if (fallback === "exit") this.exitFallbacks++;
    if (exit) this.exits++;
    for (const [name, seconds] of Object.entries(parts)) this.parts[name] = (this.parts[name] ?? 0) + seconds;
    this.latencies.add(latency);
  }

  /** @param judged what of the frames was judged */
  summary(judged?: RunQuality): RunSummary {
    const { frames, answered, fallbacks, exits, exitFallbacks, missed, without, bytes } = this;
    const quality = judged?.quality;
    const sorted = Float64Array.from(this.latencies.kept).sort();
    const at = (share: number): Estimate => quantileInterval(sorted, share);
    return {
      frames,
      answered,
      fallbacks,
      ...(exits + exitFallbacks > 0 && { exits, exitFallbacks }),
      missed,
      without,
      ...(answered > 0 && { latency: { median: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) } }),
      bytes: bytes / Math.max(1, frames),
      parts: Object.fromEntries(Object.entries(this.parts).map(([name, seconds]) => [name, seconds / answered])),
      ...(quality && { quality }),
    };
  }
}

export function summarise(records: readonly FrameRecord[]): RunSummary {
  const tally = new RunTally();
  for (const record of records) tally.add(record);
  return tally.summary();
}
