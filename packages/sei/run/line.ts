/** @file A frame's record as a line of JSON: what scripts read. */
import type { Deployment } from "@split-et-impera/core/deploy";
import type { SourceFrame } from "./sources/index.ts";
import type { Answer, FrameRecord } from "@split-et-impera/runtime/host";

/** As `sei run --json` prints it; docs/deploy.md says what stands in it. */
export interface FrameLine {
  frame: number;
  /** What it is of, where the source says so. */
  of?: string;
  captured: number;
  answered: number | null;
  deadlineMet: boolean;
  fallback: "local" | null;
  why?: string;
  answer: { class: number; name?: string; score: number } | { values: number[] } | null;
  /** Whether the answer is the sample's label; absent where the source has none. */
  right?: boolean;
  missing: number;
  bytes: number;
  parts: FrameRecord["parts"];
  /** The frame's span, where frames are traced (W3C Trace Context). */
  traceparent?: string;
}

/** @param from what the source said of the frame */
export function frameLine(
  record: FrameRecord,
  { classes }: Pick<Deployment, "classes">,
  { of, label }: Pick<SourceFrame, "of" | "label"> = {},
): FrameLine {
  const { frame, captured, latency, deadlineMet, fallback, why, answer, missing, bytes, parts } = record;
  return {
    frame,
    ...(of !== undefined && { of }),
    captured,
    answered: latency === undefined ? null : captured + latency,
    deadlineMet,
    fallback: fallback ?? null,
    ...(why !== undefined && { why }),
    answer: answer ? named(answer, classes) : null,
    ...(label !== undefined && { right: answer !== undefined && "class" in answer && answer.class === label }),
    missing,
    bytes,
    parts,
  };
}

export function named(answer: Answer, classes: readonly string[]): NonNullable<FrameLine["answer"]> {
  if ("values" in answer) return answer;
  const { [answer.class]: name } = classes;
  return { class: answer.class, ...(name !== undefined && { name }), score: answer.score };
}
