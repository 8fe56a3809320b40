/** @file The table of predictors: what each says of a cut, the higher the better, from training samples alone. */
import type { Measured } from "./measure.ts";
import type { LayerCut } from "./subject.ts";
import type { Trial } from "./trial.ts";
import { valuesOf } from "./subject.ts";

/** What is known of a cut before anything is judged. */
export interface Known {
  cut: LayerCut;
  measured: Measured;
  /** At the number of bytes in question, by seed. */
  trials: readonly Trial[];
}

export interface Predictor {
  means: string;
  /** Whether it needs a bottleneck fitted and coded at the cut. */
  trial: boolean;
  score(known: Known): number;
}

/** NaN of none. */
export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

const measured = (part: Exclude<keyof Measured, "probe">, means: string): Predictor => ({
  means,
  trial: false,
  score: ({ measured: own }) => mean(own[part]),
});

const tried = (part: "error" | "change" | "rehearsed", sign: 1 | -1, means: string): Predictor => ({
  means,
  trial: true,
  score: ({ trials }) => sign * mean(trials.map((trial) => mean(trial[part]))),
});

export const predictors = {
  saliency: measured("saliency", "Cumulative Saliency, the paper's"),
  depth: { means: "share of multiply-accumulates before the cut", trial: false, score: ({ cut }) => cut.depth },
  size: { means: "how few values the tensor has", trial: false, score: ({ cut }) => -valuesOf(cut) },
  energy: measured("energy", "mean square of the activations"),
  "gradient-norm": measured("gradientNorm", "Euclidean norm of the score's gradient"),
  "gradient-activation": measured("gradientActivation", "sum of |gradient x activation|"),
  fisher: measured("fisher", "Fisher information of the channels"),
  probe: {
    means: "accuracy of a ridge regression on the channels' means",
    trial: false,
    score: ({ measured: own }) => own.probe,
  },
  reconstruction: tried("error", -1, "how little of the tensor's variance PCA loses at the same bytes"),
  change: tried("change", -1, "how little the score changes by that, to first order"),
  trial: tried("rehearsed", 1, "quality of a split with PCA at the same bytes on a few training samples"),
} as const satisfies Record<string, Predictor>;

export type PredictorName = keyof typeof predictors;
export const predictorNames = Object.keys(predictors) as PredictorName[];
