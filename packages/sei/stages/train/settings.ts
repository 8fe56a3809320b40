/** @file What a training is asked to do. */
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
  loss: LossOptions;
  augment: readonly Augmentation[];
  /** Epochs without a better result on the images held back before it stops. */
  patience?: number;
  /** Share of the training images that is held back. */
  holdBack: number;
  /** Which output holds the class scores; default the first with one per class. */
  output?: string;
  /** See `NetworkOptions`. */
  from?: string;
  until?: string;
  /** Lists of names and patterns as written (see `nameList`). */
  only?: readonly string[];
  /** Whether to begin with fresh weights. */
  initialise: boolean;
  seed: number;
}
