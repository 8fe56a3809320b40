/** @file What a model is for: how its outputs become answers, how an answer is judged, and the metric over a set. */
import type { GraphBuilder, GraphIndex, Observations } from "../onnx/index.ts";
import type { Tensors } from "../tensor/index.ts";
import type { Annotation } from "./annotation.ts";
import type { Metric, MetricWords } from "./metric.ts";

/** What was seen of a model: its wiring, and a run with `rows` images. A `Survey` is one; see also `factsOf`. */
export interface ModelFacts {
  index: GraphIndex;
  seen: Observations;
  rows: number;
  /** Outputs whose size the numbers decide, such as the boxes that a detector keeps; absent: none. */
  varying?: ReadonlySet<string>;
}

/** How a task reads a model's outputs: plain data, found once by `bind`. */
export interface Binding {
  /** The outputs to fetch. */
  outputs: string[];
  /** The tensors whose values decide: the outputs, or the logits before a softmax. Saliency looks at all that leads there. */
  decides: string[];
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
export interface Task<Truth, Answer, Evidence, Read extends Binding = Binding> {
  readonly spec: { readonly kind: string };
  /** Of its row's metrics those that this specification has; the first is what designs are ranked by. */
  readonly metrics: readonly Metric<Evidence>[];
  /**
   * Which outputs of a model answer. Throws `InputError` `ERR_TASK_OUTPUT` that names the outputs there are, where none
   * fits.
   */
  bind(facts: ModelFacts): Read;
  /**
   * The answers in the outputs of a run, one per image.
   * Throws `InputError` `ERR_NOT_FINITE` where they cannot be read.
   * @param truths of the same samples, where they are known: an answer then says of each what only they ask for, such as
   *   the probability of the right one of fifty thousand tokens
   */
  answers(binding: Read, outputs: Tensors, truths?: readonly Truth[]): Answer[];
  /**
   * What a sample's answer is judged by.
   * @throws InputError ERR_TASK_TRUTH where the data do not say it, with what they lack: `no text`
   */
  truth(annotation: Annotation): Truth;
  /** How an answer travels in a few bytes of known number; absent, or undefined, where only words hold it. */
  compact?(binding: Read): CompactAnswer<Answer> | undefined;
  /** Where an answer is a list: the surest first, so that any beginning of it is an answer too. */
  readonly surestFirst?: true;
  /** In a few words; absent where an answer is a class, which the data name. Of a truth too, where answers are as truths are. */
  text?(answer: Answer): string;
  /** @param answer undefined where there was none: a frame that never arrived whole */
  judge(answer: Answer | undefined, truth: Truth): Evidence;
  /**
   * What saliency follows back from an answer: the scalar y of each sample is the sum of tensor times seed.
   * @param truth the name of an input with the truths, as `truths` makes it; absent: the model's own answer
   */
  target(g: GraphBuilder, binding: Read, truth?: string): Target[];
  /** What saliency of truths and training against them need; absent where neither is possible. */
  readonly learn?: Learning<Truth, Read>;
}

/** Truths in graphs. */
export interface Learning<Truth, Read extends Binding = Binding> {
  /** The tensor of truths to feed for these samples, the batch first. */
  truths(truths: readonly Truth[]): Tensors[string];
  /**
   * The loss as a scalar, a mean over the batch, and sums over the batch that tell how good the answers are. Absent where
   * answers are no smooth function of the outputs: then the whole model's outputs are what is learned.
   */
  loss?(g: GraphBuilder, binding: Read, truth: string): { loss: string; metrics: Record<string, string> };
}

/** An answer that a class, or a row of so many numbers, says all of. */
export type CompactAnswer<Answer> =
  | { kind: "class"; columns: number; says(label: number): Answer }
  | { kind: "values"; columns: number; says(values: number[]): Answer };

/** A row of the table of tasks. */
export interface TaskRow<Spec extends { kind: string }, Truth, Answer, Evidence, Read extends Binding = Binding> {
  /** One sentence for the study's documentation. */
  means: string;
  /** All that its answers can be judged by, whatever its specification. */
  metrics: readonly MetricWords[];
  /** Whether its specification names the data's classes. */
  classes: boolean;
  /** Where truths come from: the data's labels, or the answers of the unchanged model. */
  truth: "labels" | "model";
  /** Whether truths stay true of a picture that is mirrored or shifted: they say nothing of places in it. */
  steady?: true;
  open(spec: Spec): Task<Truth, Answer, Evidence, Read>;
}
