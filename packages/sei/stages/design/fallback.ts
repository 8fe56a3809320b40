/** @file The exit's answer in place of one that is not there by the deadline; and what becomes of frames at exits, as shares. */
import { exitStandsAt, withExitAnswers, type ExitedResult, type FrameOutcome } from "@split-et-impera/core/design";
import { wilson } from "@split-et-impera/core/statistics";
import type { Evidence } from "@split-et-impera/core/task";
import type { Prepared } from "./prepared.ts";

export interface Fallen {
  frames: FrameOutcome[];
  /** By frame that falls back: the exit's answer, judged. */
  answers: ReadonlyMap<number, Evidence>;
}

/**
 * Where an exit was asked and was not sure, its answer stands when the deadline is near and no other is there; later, where
 * the exit itself was later.
 *
 * @param images of the test: frame i shows image i modulo their number
 */
export function withFallback(
  frames: readonly FrameOutcome[],
  exit: NonNullable<Prepared["exit"]>,
  deadline: number,
  images: number,
): Fallen {
  const answers = new Map<number, Evidence>();
  const stands = exitStandsAt(deadline);
  for (const [i, { latency, unsure }] of frames.entries())
    if (unsure !== undefined && latency > stands) answers.set(i, exit.answers[i % images]!);
  return { frames: withExitAnswers(frames, deadline), answers };
}

/** Shares of test images that leave, and of frames for which the exit's answer stood when the deadline came. */
export function exitedOf({ taken }: NonNullable<Prepared["exit"]>, fallbacks: number, frames: number): ExitedResult {
  const left = taken.reduce((sum, one) => sum + one, 0);
  return { share: wilson(left, taken.length), fallback: wilson(fallbacks, frames) };
}
