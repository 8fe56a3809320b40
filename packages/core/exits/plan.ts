/** @file The shape of an exit: a small head that answers from a tensor inside the model. */
import { InputError, internal } from "../errors/index.ts";
import type { Inspection } from "../onnx/index.ts";
import { channelAxes } from "../saliency/index.ts";

/** How the model's own scores are read, which an exit's are to be like: see a task's binding. */
export interface ExitScores {
  /** The output of the model that answers. */
  output: string;
  /** The tensor that decides: the output, or the logits before its softmax or sigmoid. */
  logits: string;
  /** Numbers per sample; one is the logit of the second of two classes. */
  columns: number;
}

export interface ExitPlan {
  tensor: string;
  /** Of the tensor, without the batch. */
  shape: readonly number[];
  /** Which dimension of `shape` holds the channels. */
  axis: number;
  /** `positions`: means over parts of a line, map or block; `mean`: over all tokens; `none`: a vector is taken as it is. */
  pool: "positions" | "mean" | "none";
  /** Of means over positions: how large a part is, and how far the next one is from it, by dimension. */
  windows: readonly { kernel: number; stride: number }[];
  /** Numbers that are left of the tensor. */
  features: number;
  /** Numbers of the layer between; 0: there is none. */
  hidden: number;
  scores: ExitScores;
}

/** Parts of a side of a map. With one, the mean over all, an exit knows nothing of where things are. */
const partsOfSide = 2;

/** Most numbers that an exit looks at. */
const mostFeatures = 2 ** 16;

/**
 * Means over the quarters of a map (halves of a line, eighths of a block) for each channel, over all tokens, or a vector as
 * it is; then a layer of `hidden` numbers with ReLU, and the scores.
 *
 * @param tensor a legal cut
 * @throws InputError `ERR_EXIT` where it holds no float32 numbers per sample, or too many
 */
export function planExit(inspection: Inspection, tensor: string, hidden: number, scores: ExitScores): ExitPlan {
  const { cuts, seen, batch, index } = inspection;
  if (!cuts.some(({ tensors }) => tensors.length === 1 && tensors[0] === tensor))
    throw internal(`"${tensor}" is no legal cut of one tensor`);
  const { type, dims } = seen.get(tensor)!;
  if (type !== "float32" || dims.length < 2 || dims.length > 5 || dims[0] !== (batch?.size ?? 1))
    throw new InputError(
      "ERR_EXIT",
      `no exit can stand at "${tensor}", which holds ${type} [${dims.join(", ")}]; expected float32 with the batch as ` +
        "first dimension, channels, and at most three dimensions of positions",
    );
  const shape = dims.slice(1);
  const axis = (channelAxes(index, seen).get(tensor) ?? (dims.length === 3 ? 2 : 1)) - 1;
  const channels = shape[axis]!;
  const positions = shape.filter((_, i) => i !== axis);
  const pool = shape.length === 1 ? "none" : shape.length === 2 && axis === 1 ? "mean" : "positions";
  const windows = pool === "positions" ? positions.map(windowOf) : [];
  const features = positions.reduce((all, size, i) => (windows[i] ? all * partsOf(size, windows[i]) : all), channels);
  if (features > mostFeatures)
    throw new InputError(
      "ERR_EXIT",
      `an exit at "${tensor}" would look at ${features} numbers; expected at most ${mostFeatures}`,
    );
  return { tensor, shape, axis, pool, windows, features, hidden, scores };
}

/** Parts that cover a side, of one size, overlapping by as little as that takes. */
function windowOf(size: number): { kernel: number; stride: number } {
  const parts = Math.min(size, partsOfSide);
  const stride = Math.floor(size / parts);
  return { kernel: size - (parts - 1) * stride, stride };
}

const partsOf = (size: number, { kernel, stride }: { kernel: number; stride: number }): number =>
  Math.floor((size - kernel) / stride) + 1;
