/** @file What a network is to learn: the tensors that a loss reads, and the loss in nodes. */
import { InputError } from "../errors/index.ts";
import type { GraphBuilder, Inspection } from "../onnx/index.ts";
import { sizeOf, type Tensor } from "../tensor/index.ts";
import { classLoss, classScores, meanSquaredError, needsTeacher, type LossOptions } from "./loss.ts";

/** How good answers are, from 0 to 1: the share of right ones, or how near outputs are to those of the model taught by. */
export const figures = ["accuracy", "agreement"] as const;
export type Figure = (typeof figures)[number];

/** A loss as a scalar, a mean over the batch, and the sums over the batch of what is known of the answers. */
export interface Loss {
  loss: string;
  figures: Partial<Record<Figure, string>>;
}

export interface Objective {
  /** The tensors that decide; what leads to none of them is not trained. */
  decides: readonly string[];
  /** Adds the inputs that it is fed (see `fed`), and the loss. */
  loss(g: GraphBuilder): Loss;
  /** How samples held back are judged. Default: as in training. */
  held?(g: GraphBuilder): Loss;
}

/** Names of what training graphs are fed. No model's own names begin like this. */
export const fed = {
  labels: "training/labels",
  teacher: "training/teacher",
  truths: "training/truths",
  /** What a tensor of the network should be. */
  wanted: (tensor: string): string => `training/wanted/${tensor}`,
};

/** What a task's binding says of a classifier (core/task). */
export interface Scores {
  /** The tensor that holds the class scores. */
  scores: string;
  /** How many each image has: one stands for two classes by its sign. */
  columns: number;
}

/** Class scores against `fed.labels`, and `fed.teacher` where the loss has one; held back, by their cross-entropy. */
export function classObjective(scores: Scores, options: LossOptions): Objective {
  const classes = Math.max(2, scores.columns);
  const loss = (g: GraphBuilder, kind: LossOptions): Loss => {
    g.input(fed.labels, "int64", ["batch"]);
    if (needsTeacher(kind)) g.input(fed.teacher, "float32", ["batch", classes]);
    const { loss, correct } = classLoss(g, classScores(g, scores), fed, classes, kind);
    return { loss, figures: { accuracy: correct } };
  };
  return {
    decides: [scores.scores],
    loss: (g) => loss(g, options),
    held: (g) => loss(g, { kind: "cross-entropy" }),
  };
}

/**
 * The loss of a task's own (core/task) against `fed.truths`.
 *
 * @param example truths as they are fed, for their type and rank
 * @param add gives the loss, and under `correct` the sum over the batch of right answers, or of their shares
 */
export function truthsObjective(
  decides: readonly string[],
  { type, dims }: Pick<Tensor, "type" | "dims">,
  add: (g: GraphBuilder, truths: string) => { loss: string; metrics: Record<string, string> },
): Objective {
  return {
    decides,
    loss(g) {
      const { loss, metrics } = add(
        g,
        g.input(fed.truths, type, ["batch", ...dims.slice(1).map((_, i) => `truths/${i}`)]),
      );
      return { loss, figures: metrics["correct"] === undefined ? {} : { accuracy: metrics["correct"] } };
    },
  };
}

/** A tensor that should come near to what another model makes of the same input. */
export interface Wanted {
  /** In the network; what it should be is fed as `fed.wanted(name)`. */
  name: string;
  /** float32, the batch first. */
  dims: readonly number[];
  /** Mean of its squares, as it should be. */
  meanSquare: number;
}

/**
 * Tensors against those of another model, which needs no truths: the mean over tensors of their mean squared difference,
 * relative to their mean square. Agreement is one less the relative error |a - b| / |b| of an image, 0 where that is more
 * than 1.
 */
export function outputsObjective(tensors: readonly Wanted[]): Objective {
  return {
    decides: tensors.map(({ name }) => name),
    loss(g) {
      const each = tensors.map(({ name, dims, meanSquare }) => {
        const size = sizeOf(dims.slice(1));
        const wanted = g.reshape(g.input(fed.wanted(name), "float32", ["batch", ...dims.slice(1)]), [-1, size]);
        const own = g.reshape(name, [-1, size]);
        const error = g.op("Mul", [meanSquaredError(g, own, wanted, 2), g.scalar(1 / meanSquare)]);
        return { error, agreement: agreement(g, own, wanted) };
      });
      const mean = (names: string[]): string =>
        names.length === 1 ? names[0]! : g.op("Mul", [g.op("Sum", names), g.scalar(1 / names.length)]);
      return {
        loss: mean(each.map(({ error }) => error)),
        figures: { agreement: mean(each.map((one) => one.agreement)) },
      };
    },
  };
}

/** The sum over rows [batch, n] of max(0, 1 - |a - b| / |b|). */
function agreement(g: GraphBuilder, a: string, b: string): string {
  const gap = g.op("Sub", [a, b]);
  const squares = (x: string): string => g.reduceSum(g.op("Mul", [x, x]), [1], false);
  const relative = g.op("Sqrt", [g.op("Div", [squares(gap), g.op("Max", [squares(b), g.scalar(1e-12)])])]);
  return g.reduceSum(g.op("Relu", [g.op("Sub", [g.scalar(1), relative])]), [0], false);
}

/** Mean of squares, for `Wanted`; above 0. */
export function meanSquareOf(data: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! ** 2;
  return Math.max(sum / data.length, 1e-12);
}

/** Of these tensors those that can be learned: float32, the batch first. Throws `InputError` ERR_TRAINING where none is. */
export function learnableTensors(
  { seen, batch }: Pick<Inspection, "seen" | "batch">,
  names: readonly string[],
): string[] {
  const rows = batch?.size ?? 1;
  const found = names.filter((name) => {
    const { type, dims } = seen.get(name)!;
    return type === "float32" && dims.length > 1 && dims[0] === rows;
  });
  if (found.length > 0) return found;
  const got = names.map((name) => `"${name}" ${seen.get(name)!.type} [${seen.get(name)!.dims.join(", ")}]`);
  throw new InputError(
    "ERR_TRAINING",
    `expected an output to learn that is float32 with the batch as first dimension, got ${got.join(", ")}`,
  );
}
