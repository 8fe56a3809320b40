/** @file What a training is asked to do. */
import type { LossyLink, TaskOptions } from "@split-et-impera/core/study";
import type { LossOptions, OptimiserOptions, ScheduleOptions } from "@split-et-impera/core/training";
import type { Augmentation } from "../../data/index.ts";

export interface TrainSettings {
  epochs: number;
  /** Images of one run. */
  batch: number;
  /** Runs whose gradients make one step. */
  accumulate: number;
  learningRate: number;
  optimiser: OptimiserOptions;
  schedule: ScheduleOptions;
  /** Largest norm of all gradients together. */
  clip?: number;
  /** `task`: the task's own loss, or its outputs where it has none. `outputs`: all that decides, as a teacher gives it. */
  loss: LossOptions | { kind: "task" } | { kind: "outputs" };
  /** Default: classification where the data have classes, else agreement. */
  task?: TaskOptions;
  augment: readonly Augmentation[];
  /** Epochs without a better result on the images held back before it stops. */
  patience?: number;
  /** Share of the training images that is held back. */
  holdBack: number;
  /** Which output answers; default the first that fits. */
  output?: string;
  /** See `NetworkOptions`. */
  from?: string;
  /** What comes after `from` learns to answer behind a link that loses datagrams. */
  lossy?: LossyLink;
  until?: string;
  /** Lists of names and patterns as written (see `nameList`). */
  only?: readonly string[];
  /** Whether to begin with fresh weights. */
  initialise: boolean;
  seed: number;
}
