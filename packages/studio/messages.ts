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
