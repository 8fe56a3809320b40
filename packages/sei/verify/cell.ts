/** @file What is compared: one design over one link, as it was predicted and as it was measured. Plain data. */
import type { LatencyCurve } from "@split-et-impera/core/design";
import type { Estimate } from "@split-et-impera/core/statistics";
import type { Evidence, TaskSpec } from "@split-et-impera/core/task";
import type { Spread } from "./judge.ts";

/** The link's circumstances of a cell. */
export interface CellLink {
  /** Bits per second. */
  rate: number;
  /** Seconds, one way. */
  delay: number;
  /** Share of packets, and mean length of a run of losses. */
  loss: number;
  burst: number;
}

/** Figures of a cell's frames; latencies in seconds, `null` where frames were never answered. */
export interface Figures<T> {
  p50: T;
  p90: T;
  p95: T;
  p99: T;
  /** Share of frames that were not answered within the deadline. */
  misses: T;
  /** Payload that is sent for a frame, a mean. */
  bytes: T;
  /** Shares of frames of which an early exit is sure, and of those where its answer stood for want of another; absent: there is none. */
  exits?: T;
  exitFallbacks?: T;
  /** The task's first metric over the samples shown; absent where nothing is known of them. */
  quality?: T;
}

/** A mean over answered frames, seconds. */
export interface PartCompared {
  step: string;
  /** Absent where only the whole was predicted. */
  predicted?: number;
  measured: number;
}

/** Between real hosts the link's numbers are absent where nobody measured them. */
export interface Cell extends Partial<CellLink> {
  /** The design's id. */
  name: string;
  transport: string;
  frames: number;
  /** Seconds. */
  deadline: number;
  /** What answers are judged by; quality is its first metric. */
  task: TaskSpec;
  /** By sample, the answer judged when nothing is lost; frames show the samples in turn. */
  clean: Evidence[];
  /**
   * Seconds that this machine's hosts take by themselves, medians: measured before and after, on a link that is not felt. Of real hosts, their work
   * in this run.
   */
  calibration: Record<string, number>;
  predicted: Figures<number>;
  /** The lowest and the highest of latencies and misses in predicted runs of as many frames over other losses; absent where only one distribution is known. */
  spread?: Spread;
  measured: Figures<Estimate>;
  /** Of all frames, those answered by when. */
  curves: { predicted: LatencyCurve; measured: LatencyCurve };
  parts: PartCompared[];
  /** By figure, whether the prediction held; `undecided` where neither can be said. */
  verdicts: Record<string, Verdict>;
  holds: Verdict;
  /** What makes the run itself doubtful: pauses of the machine, work that took longer than the host was to. */
  doubts: string[];
  /** How the link was made; `real`: not at all, and `lossesByLink` are datagrams that never came. */
  link: { kind: string; lossesByLink: number; dropsInBuffers: number };
}

export type Verdict = "holds" | "does not hold" | "undecided";

/** What `sei verify --json` prints, and what is kept beside the logs. */
export interface Verification {
  format: 2;
  study: string;
  holds: Verdict;
  cells: Cell[];
  machine: { platform: string; cpu: string; threads: number };
}
