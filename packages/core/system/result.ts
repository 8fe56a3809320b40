/** @file What a study of several flows ends with: plain data, saved as result.json and drawn in the report. */
import type { Check, CheckState, Quality } from "../design/index.ts";
import type { Broken } from "./capacity.ts";
import type { BusySecond } from "./busy.ts";
import type { TimeIntervals } from "./intervals.ts";
import type { SystemSearch } from "./search.ts";

export interface SystemResult {
  /** Tells it from a result of one flow. */
  kind: "system";
  /** Version of this structure. */
  format: 1;
  version: string;
  /** When it was made, ISO 8601 in UTC. */
  date: string;
  name: string;
  seed: number;
  /** Seconds that were simulated. */
  seconds: number;
  /** Whether the system below meets every requirement; where it does not it is the nearest that was looked at. */
  fits: boolean;
  /** What it does not keep. */
  broken: Broken[];
  flows: SystemFlowResult[];
  /** Busiest first: what all flows together offer. */
  loads: { name: string; kind: "host" | "link" | "medium"; from?: string; utilisation: number }[];
  /** Bits per second on each link, both ways, headers included. */
  bits: Record<string, number>;
  whole: { text: string; state: CheckState; value: number }[];
  search: Pick<SystemSearch, "counts" | "frames"> & {
    /** Systems that fit and that the samples cannot tell from this one: by flow, the design's id. */
    ties: Record<string, string>[];
  };
  /** What has more to do than it can even if every flow takes as little of it as it can. */
  overloaded?: NonNullable<SystemSearch["overloaded"]>;
  /** What hosts and links did in the second in which they had the most to do. */
  busy: BusySecond;
  stages: { name: string; seconds: number; cached: boolean }[];
}

export interface SystemFlowResult {
  name: string;
  /** The host that captures, as the study calls it. */
  camera: string;
  /** Frames per second of each camera. */
  rate: number;
  /** Seconds after which an answer is late. */
  deadline: number;
  /** The chosen design's id, and how many there were to choose from. */
  design: string;
  designs: number;
  quality: Quality;
  drop: Quality;
  /** Bytes that a camera sends per frame. */
  bytes: number;
  /** Seconds: the p95 of one camera with nobody beside it. */
  alone: number;
  checks: Check[];
  /** In their order; latencies in seconds, misses as shares. */
  cameras: {
    host: string;
    median: number;
    p95: number;
    p99: number;
    misses: number;
    lost: number;
    /** Absent in results of earlier versions. */
    intervals?: TimeIntervals;
  }[];
}
