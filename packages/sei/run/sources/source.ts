/** @file Where frames come from. */
import type { Captured } from "@split-et-impera/runtime/host";
import type { Known } from "../judgement.ts";

export interface Source {
  /** For people: `24 pictures of photos/`. */
  name: string;
  /** Frames a second at which it is captured; absent where frames come when they come. */
  rate?: number;
  /** Frames, in order. Ends with the source, or when `signal` aborts. */
  frames(signal: AbortSignal): AsyncIterable<SourceFrame>;
}

export interface SourceFrame {
  value: Captured;
  /** Whether a stream begins with it. */
  begins?: boolean;
  /** What it is of: a file's name, a sample's number. */
  of?: string;
  /** What the source knows of it. */
  known?: Known;
}
