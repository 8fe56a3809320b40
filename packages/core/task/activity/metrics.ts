/** @file Frames of which each is active or not, such as windows of sound with speech in them. */
import { ratioMetric, type Metric } from "../metric.ts";
import { areaUnderRoc, rank } from "../multilabel/ranked.ts";

/** Frames of a sample: how likely each is active, and whether it is. */
export interface FramesEvidence {
  /** Probabilities; absent where nothing was answered. */
  scores?: readonly number[];
  /** 1 for active, 0 for not. */
  truth: readonly number[];
}

interface Counts {
  hits: number;
  alarms: number;
  misses: number;
  rejections: number;
}

/** What was not answered was not found active. */
function countsOf({ scores, truth }: FramesEvidence, threshold: number): Counts {
  const counts: Counts = { hits: 0, alarms: 0, misses: 0, rejections: 0 };
  truth.forEach((active, i) => {
    const found = (scores?.[i] ?? -Infinity) >= threshold;
    if (active) counts[found ? "hits" : "misses"]++;
    else counts[found ? "alarms" : "rejections"]++;
  });
  return counts;
}

/** @param threshold probability from which on a frame counts as active */
export function activityMetrics(threshold = 0.5): readonly Metric<FramesEvidence>[] {
  return [
    ratioMetric(
      {
        name: "frame-f1",
        means: "F1 of the active frames: 2 hits / (2 hits + false alarms + misses)",
        better: "more",
        unit: "share",
      },
      (evidence) => {
        const { hits, alarms, misses } = countsOf(evidence, threshold);
        return [2 * hits, 2 * hits + alarms + misses];
      },
    ),
    ratioMetric(
      { name: "accuracy", means: "share of frames that are told rightly", better: "more", unit: "share" },
      (evidence) => {
        const { hits, rejections } = countsOf(evidence, threshold);
        return [evidence.scores ? hits + rejections : 0, evidence.truth.length];
      },
    ),
    {
      name: "auroc",
      means: "area under the ROC curve: how often an active frame has a higher score than one that is not",
      better: "more",
      unit: "share",
      over(evidence) {
        const ranked = rank(
          Array.from(evidence).flatMap(({ scores, truth }, sample) =>
            truth.map((active, i) => ({ score: scores?.[i] ?? -Infinity, positive: active === 1, sample })),
          ),
        );
        return (weights) => areaUnderRoc(ranked, weights);
      },
    },
  ];
}
