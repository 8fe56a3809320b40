/** @file What became of a frame, as the host tells it that captured it. */
import type { Answer } from "./answer.ts";

/** Why a frame has no answer of the design's own. */
export type Reason =
  /** Nothing came in time. */
  | "lost"
  /** The other host could make nothing of what reached it; or the rest of the model, run here, gave no answer. */
  | "unreadable"
  /** Passed over for newer ones, here or there. */
  | "dropped"
  /** There was no connection, or it ended. */
  | "disconnected"
  /** The answer is due on another host, which has it. */
  | "elsewhere";

/** What a frame spends its time on. */
export type Part = "wait" | "head" | "encode" | "network" | "remoteWait" | "decode" | "tail";

export interface FrameRecord {
  frame: number;
  /** Seconds since the run began. */
  captured: number;
  /** Seconds from capture to the answer; absent without one. */
  latency?: number;
  deadlineMet: boolean;
  /** An early exit was sure of it: nothing was sent. */
  exit?: true;
  /**
   * The answer stands in for the other host's: `local`, of the rest of the model, run here; `exit`, of an early exit that
   * was not sure.
   */
  fallback?: "local" | "exit";
  answer?: Answer;
  why?: Reason;
  /** Datagrams of it that never reached the other host; none where it was whole without them. */
  missing: number;
  /** Payload that was sent for it, with what was added to it. */
  bytes: number;
  /** Bytes of the message alone, where something was added to it. */
  message?: number;
  /** Seconds: `wait` here and there, `network` both ways. Those that are not known are absent. */
  parts: Partial<Record<Part, number>>;
}
