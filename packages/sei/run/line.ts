/** @file A frame's record as a line of JSON: what scripts read; and its answer in a few words. */
import { classSaid, openAnswers, type Answer, type Answers, type Deployment } from "@split-et-impera/core/deploy";
import type { Evidence } from "@split-et-impera/core/task";
import type { FrameRecord } from "@split-et-impera/runtime/host";
import type { Judgement } from "./judgement.ts";

/** As `sei run --json` prints it; docs/deploy.md says what stands in it. */
export interface FrameLine {
  frame: number;
  /** The design by which it went, where a policy is followed. */
  plan?: string;
  /** What it is of, where the source says so. */
  of?: string;
  captured: number;
  answered: number | null;
  deadlineMet: boolean;
  /** An early exit was sure of it: nothing was sent. */
  exit?: true;
  fallback: "local" | "exit" | null;
  why?: string;
  /** `{class, name, score}` of a class, else as the task says it; null: none. */
  answer: unknown;
  /** How far the answer is right, from 0 to 1; absent where no number says so, or the source knows no truth. */
  right?: number;
  /** The answer judged as the task does, no answer alike: what its metrics are made from. Absent where the source knows no truth. */
  evidence?: Evidence;
  missing: number;
  bytes: number;
  /** Bytes of the message alone, where parity was added. */
  message?: number;
  parts: FrameRecord["parts"];
  /** The frame's span, where frames are traced (W3C Trace Context). */
  traceparent?: string;
}

/** How answers are told: as a deployment's task has them, classes by their names. */
export interface Wording {
  answers: Pick<Answers, "kind" | "task">;
  classes: readonly string[];
}

export const wordingOf = (deployment: Deployment): Wording => ({
  answers: openAnswers(deployment),
  classes: deployment.classes,
});

/**
 * @param of what the source says that the frame is of
 * @param plan the design by which it went, where that changes
 */
export function frameLine(
  record: FrameRecord,
  words: Wording,
  of?: string,
  judgement?: Judgement,
  plan?: string,
): FrameLine {
  const { frame, captured, latency, deadlineMet, exit, fallback, why, answer, missing, bytes, message, parts } = record;
  const { right, evidence } = judgement ?? {};
  return {
    frame,
    ...(plan !== undefined && { plan }),
    ...(of !== undefined && { of }),
    captured,
    answered: latency === undefined ? null : captured + latency,
    deadlineMet,
    ...(exit && { exit }),
    fallback: fallback ?? null,
    ...(why !== undefined && { why }),
    answer: answer ? named(answer, words) : null,
    ...(right !== undefined && { right }),
    ...(evidence !== undefined && { evidence }),
    missing,
    bytes,
    ...(message !== undefined && { message }),
    parts,
  };
}

/** As JSON. */
export function named({ says, score }: Answer, { answers, classes }: Wording): unknown {
  if (answers.kind !== "class") return says;
  const label = classSaid(says);
  const { [label]: name } = classes;
  return { class: label, ...(name !== undefined && { name }), score };
}

/** In words; undefined where the task has none. */
export function answerText({ says }: Answer, { answers, classes }: Wording): string | undefined {
  if (typeof says === "string") return says;
  if (answers.kind !== "class") return answers.task.text?.(says);
  const label = classSaid(says);
  return classes[label] ?? `class ${label}`;
}
