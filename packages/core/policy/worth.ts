/** @file What a design's frames are worth: answered in time, and as well as the unchanged model would. */
import { mainMetric, type DesignResult } from "../design/index.ts";
import { taskMetrics } from "../task/index.ts";

/** Of an answer: 1 less by how much it is worse than the unchanged model's, where that is a share; else 1. Unanswered frames are no part of it. */
export function answerWorth({ drop, quality }: Pick<DesignResult, "drop" | "quality">, unanswered = 0): number {
  const metric = mainMetric(quality);
  const worse = taskMetrics.get(metric)?.unit === "share" ? (drop[metric]?.value ?? 0) : 0;
  const kept = Math.min(1, Math.max(0, 1 - worse));
  // Qualities count frames without an answer as wrong.
  return Math.min(1, unanswered < 1 ? kept / (1 - unanswered) : 0);
}

/** Of a frame. */
export function worthOf(design: DesignResult, frames: number): number {
  return answerWorth(design, design.framesLost / frames) * (1 - design.deadlineMisses.value);
}
