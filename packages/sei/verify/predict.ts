/** @file What is predicted of a design's frames, and how long each piece of work is to take on hosts that this machine stands for. */
import { measuredParts, simulateSteps, withExitAnswers, type FrameOutcome } from "@split-et-impera/core/design";
import type { Step } from "@split-et-impera/core/frames";
import { deadlineOf, type Study } from "@split-et-impera/core/study";
import type { RunDesign } from "../stages/design/index.ts";
import { calibrated, overheads, type Calibration } from "./calibrate.ts";

export interface Predicted {
  design: RunDesign;
  /** As the study has them: what paced hosts are stretched to. */
  steps: Step[];
  frames: FrameOutcome[];
}

/**
 * @param calibration what this machine's hosts take by themselves; absent: as the study has it, and nothing beside
 * @param draw of what hosts take, over the same losses: each gives other times for the same frames
 */
export function predict(design: RunDesign, study: Study, calibration?: Calibration, draw = 0): Predicted {
  const drawn = { ...study, seed: study.seed + draw };
  const steps = design.steps(drawn);
  const settled = (frames: readonly FrameOutcome[]): FrameOutcome[] => withExitAnswers(frames, deadlineOf(study));
  if (!calibration) return { design, steps, frames: settled(simulateSteps(study, steps).frames) };
  const { frames } = simulateSteps(study, calibrated(steps, drawn, calibration));
  const more = overheads(calibration, frames.length, drawn.seed);
  return {
    design,
    steps,
    frames: settled(
      frames.map((frame, i) => ({
        ...frame,
        latency: frame.latency + more[i]!,
        parts: { ...frame.parts, wire: frame.parts.wire + more[i]! },
      })),
    ),
  };
}

/** Means over answered frames, in the words of a run's records. */
export function predictedParts(frames: readonly FrameOutcome[]): Record<string, number> {
  const answered = frames.filter(({ latency }) => latency < Infinity);
  const mean = (names: readonly (keyof FrameOutcome["parts"])[]): number =>
    answered.reduce((sum, { parts }) => sum + names.reduce((all, name) => all + parts[name], 0), 0) /
    Math.max(1, answered.length);
  return Object.fromEntries(Object.entries(measuredParts).map(([part, names]) => [part, mean(names)]));
}
