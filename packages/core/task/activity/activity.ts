/** @file Activity: whether something is there, frame by frame, such as speech in windows of sound. */
import { InputError } from "../../errors/index.ts";
import { float32 } from "../../tensor/index.ts";
import { lacking } from "../annotation.ts";
import { binaryLoss, binaryScores, binaryTarget, probabilitiesOf, type BinaryScores } from "../multilabel/binary.ts";
import { rowOutput } from "../outputs.ts";
import type { Binding, Task, TaskRow } from "../task.ts";
import { activityMetrics, type FramesEvidence } from "./metrics.ts";

export interface ActivitySpec {
  kind: "activity";
  /** Probability from which on a frame is active. Default 0.5. */
  threshold?: number;
  /** Which output holds a number per frame. Default: the first that is a row of numbers per sample. */
  output?: string;
}

/** 1 for each frame that is active, 0 for the others. */
export interface Frames {
  active: readonly number[];
}

export interface FramesAnswer extends Frames {
  /** Probabilities. */
  scores: readonly number[];
}

/** The task. A sample has one frame or several. */
export function activity(spec: ActivitySpec): Task<Frames, FramesAnswer, FramesEvidence, Binding & BinaryScores> {
  const { threshold = 0.5, output } = spec;
  return {
    spec,
    metrics: activityMetrics(threshold),
    bind(facts) {
      const expected = "a number per frame, [batch], [batch, 1] or [batch, frames]";
      const { name, columns } = rowOutput(facts, output, { least: 1, expected });
      const found = binaryScores(facts, name, columns);
      return { outputs: [name], decides: [found.scores], notes: [], ...found };
    },
    answers: (binding, outputs) =>
      probabilitiesOf(outputs, binding).map((scores) => ({
        active: scores.map((score) => Number(score >= threshold)),
        scores,
      })),
    truth({ values, label }) {
      const found = values ?? (label === undefined ? lacking("activity", "activity") : [label]);
      const wrong = found.find((value) => value !== 0 && value !== 1);
      if (wrong === undefined) return { active: found };
      throw new InputError("ERR_TASK_TRUTH", `expected 1 for each active frame and 0 for the others, got ${wrong}`);
    },
    judge(answer, { active }) {
      if (!answer) return { truth: active };
      if (answer.scores.length === active.length) return { scores: answer.scores, truth: active };
      throw new InputError(
        "ERR_TASK_TRUTH",
        `expected ${answer.scores.length} frames of every sample, as the model's output has, got ${active.length}`,
      );
    },
    target: (g, binding, truth) => [binaryTarget(g, binding, binding.columns, truth)],
    learn: {
      truths: (truths) =>
        float32(
          [truths.length, truths[0]?.active.length ?? 0],
          truths.flatMap(({ active }) => active),
        ),
      loss: (g, binding, truth) => binaryLoss(g, binding, binding.columns, truth),
    },
  };
}

export const activityRow: TaskRow<ActivitySpec, Frames, FramesAnswer, FramesEvidence, Binding & BinaryScores> = {
  means: "whether something is there, frame by frame, such as speech; its quality is the F1 of the active frames",
  metrics: activityMetrics(),
  classes: false,
  truth: "labels",
  open: activity,
};
