/** @file What a model is for: how its outputs become answers, how an answer is judged, and the metric over a set. */
import type { GraphBuilder, GraphIndex, Observations } from "../onnx/index.ts";
import type { Estimate } from "../statistics/index.ts";
import type { Tensors } from "../tensor/index.ts";
import type { Judged } from "./quality.ts";

/** What was seen of a model: its wiring, and a run with `rows` images. A `Survey` is one; see also `factsOf`. */
export interface ModelFacts {
  index: GraphIndex;
  seen: Observations;
  rows: number;
}

/** How a task reads a model's outputs: plain data, found once by `bind`. */
export interface Binding {
  /** The outputs to fetch. */
  outputs: string[];
  /** The tensor whose value decides: the outputs' own, or the logits before a softmax. */
  decides: string;
  /** Numbers per image in it. */
  columns: number;
  /** What a reader of the model should know: `6 scores for 5 classes`. Empty where all fits. */
  notes: string[];
}

/** Where a gradient starts: a tensor, and the tensor of its shape that weighs it. */
export interface Target {
  tensor: string;
  seed: string;
}

/**
 * A task. `Truth` is what is known of a sample, `Answer` what the model says as a person reads it, `Evidence` one answer
 * judged. All are plain data that can be saved.
 */
export interface Task<Truth, Answer, Evidence> {
  readonly spec: { readonly kind: string };
  /**
   * Which outputs of a model answer. Throws `InputError` `ERR_TASK_OUTPUT` that names the outputs there are, where none
   * fits.
   */
  bind(facts: ModelFacts): Binding;
  /**
   * The answers in the outputs of a run, one per image.
   * Throws `InputError` `ERR_NOT_FINITE` where they cannot be read.
   */
  answers(binding: Binding, outputs: Tensors): Answer[];
  /** @param answer undefined where there was none: a frame that never arrived whole */
  judge(answer: Answer | undefined, truth: Truth): Evidence;
  /**
   * The metric with its 95 % interval over samples, however often each was shown; from 0 to 1, more is better.
   * @param clean of every sample under reference conditions: samples that `judged` does not show are told from it, so
   *   that conditions that change nothing give exactly the quality of `clean`
   */
  quality(judged: Judged<Evidence>, clean?: ArrayLike<Evidence>): Estimate;
  /**
   * Quality of `a` less that of `b`, with its 95 % interval, over the samples that both show; with the `clean` evidence
   * of both, over all samples.
   */
  paired(
    a: Judged<Evidence>,
    b: Judged<Evidence>,
    clean?: { first: ArrayLike<Evidence>; second: ArrayLike<Evidence> },
  ): Estimate;
  /**
   * What saliency follows back from an answer: the scalar y of each image is the sum of tensor times seed.
   * @param truth the name of an input with the truths, as `truthInput` makes it; absent: the model's own answer
   */
  target(g: GraphBuilder, binding: Binding, truth?: string): Target[];
  /** The loss as a scalar, a mean over the batch, and sums over the batch that tell how good the answers are. */
  loss(g: GraphBuilder, binding: Binding, truth: string): { loss: string; metrics: Record<string, string> };
  /** The tensor of truths to feed for these samples. */
  truths(truths: readonly Truth[]): Tensors[string];
}

/** A row of the table of tasks. */
export interface TaskRow<Spec extends { kind: string }, Truth, Answer, Evidence> {
  /** One sentence for the study's documentation. */
  means: string;
  /** The name of its quality in results and requirements. */
  quality: string;
  /** Where truths come from: the data's labels, or the answers of the unchanged model. */
  truth: "labels" | "model";
  open(spec: Spec): Task<Truth, Answer, Evidence>;
}
