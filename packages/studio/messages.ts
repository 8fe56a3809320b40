/** @file What the studio's server tells its page, as JSON. */

export type RunState = "running" | "stopping" | "stopped" | "done" | "failed";

/** A piece of a run's work: a line of what `sei design` tells. */
export interface RunTask {
  title: string;
  status: string;
  /** Wall time; absent while it goes on. */
  seconds?: number;
  failed?: true;
}

/** A full study at work, or one that was. */
export interface StudioRun {
  id: string;
  study: { id: string; name: string; file: string };
  /** Folder that gets `result.json`, `report.html`, `profile.json` and `bundle/`. */
  out: string;
  state: RunState;
  /** ISO 8601. */
  started: string;
  tasks: RunTask[];
  /** What it said that is not progress: warnings, errors. */
  says: string[];
}

/** A study or a result that is open. */
export interface StudioDocument {
  /** The same whenever the same file is open: it stands in URLs. */
  id: string;
  kind: "study" | "result";
  /** Absolute. */
  file: string;
  /** What a person calls it: its folder's name, or its own. */
  name: string;
  /** The name that a study gives itself, and a result its study. */
  title?: string;
  /** When it was last written, ISO 8601. */
  changed: string;
}

/** All that there is when the page is opened. */
export interface ServerState {
  version: string;
  documents: StudioDocument[];
  runs: StudioRun[];
  /** Running hosts that are watched, by the URLs of their metrics. */
  live: string[];
}

/** A change of a study's text: a value in a place. */
export interface StudyChange {
  /** Where the value stands: `["links", 0, "rate"]`. */
  path: readonly (string | number)[];
  /** As a study says it: `20 Mbit/s`, a number, or a map or list of such. */
  value: unknown;
}

/** What saliency is asked for: the curve over test images of some classes, or where the model looks at one image. */
export type SaliencyQuestion =
  /** @param classes by name; none: all */
  | { classes: readonly string[] }
  /** A test image by its place, and a tensor of the curve. */
  | { image: number; layer: string };

/** A line of the answer to a question that takes a while: how far it is, then what came of it. */
export type Told<T> = { says: string } | { value: T } | { error: string };

/** A running host, as its metrics tell it. */
export interface LiveHost {
  /** Of its metrics. */
  url: string;
  /** Why nothing can be told just now. */
  problem?: string;
  /** Since it began. */
  all?: LivePeriod;
  /** Of the last ten seconds; absent until there were some. */
  lately?: LivePeriod;
}

/** What a host did within a time; times in seconds. */
export interface LivePeriod {
  host: string;
  design: string;
  /** Since it began. */
  up: number;
  /** How long the period is. */
  over: number;
  framesPerSecond: number;
  frames: number;
  /** By the design that they went by, where that was not one alone. */
  designs?: Record<string, number>;
  /** Of the link to the next host, where a policy is followed: bit/s, seconds, a share. */
  link?: { rate: number; rtt: number; loss: number };
  dropped: number;
  peers: { peer: string; connected: boolean }[];
  /** Mean times of frames, by part. */
  means: Record<string, number>;
  /** Of frames captured there. */
  captured?: LiveCaptured;
}

export interface LiveCaptured {
  /** Frames of which all is known, answered or not. */
  done: number;
  answered: number;
  /** Without an answer within `due`. */
  missed: number;
  fallbacks: number;
  /** From capture until an answer is due. */
  due: number;
  /** So many were answered within so many seconds: the bounds between which hosts count. */
  within: { seconds: number; answered: number }[];
  /** Between two bounds, as if frames were evenly spread there; absent: never, of so many frames. */
  median?: number;
  p95?: number;
}
