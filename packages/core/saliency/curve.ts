/** @file The Cumulative Saliency curve of a model over images. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { imageShape, serialiseModel, type Inspection } from "../onnx/index.ts";
import { areProbabilities, scoresBy, type ClassBinding } from "../task/index.ts";
import { elementBytes, sizeOf, type Tensor } from "../tensor/index.ts";
import type { Aim } from "./aim.ts";
import { layerOutputs, strictMaxima } from "./candidates.ts";
import type { Point } from "./points.ts";
import type { SaliencyPoint } from "./result.ts";
import { buildSaliencyGraph, labelInput, scoresOutput, valuesOutput, type SaliencyOptions } from "./graph.ts";

/** Images as the model takes them, with the index of each one's class. */
export interface LabelledBatch {
  input: Tensor;
  labels: ArrayLike<number>;
}

export interface Curve {
  images: number;
  /** Share of images whose arg-max class is the label. */
  accuracy: number;
  points: SaliencyPoint[];
  /** Tensors of tokens that could be points, or are. */
  tokens: number;
  /** What a reader should know of the scores. Empty where all is as usual. */
  notes: string[];
}

/**
 * Cumulative Saliency CS_i = mean over images of s_ij, where s_ij is image j's Grad-CAM map at layer i averaged over its
 * positions (see `buildSaliencyGraph`; the maps are not negative, so the mean of sums is the sum of means). One forward
 * and one backward pass over the images, whatever the number of layers.
 */
export async function saliencyCurve(
  engine: Engine,
  inspection: Inspection,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  aim: Aim,
  options: Pick<SaliencyOptions, "tokens"> = {},
): Promise<Curve> {
  const { binding, task } = aim;
  const { model, points, tokens } = await buildSaliencyGraph(engine, inspection, aim, options);
  const session = await engine.load(serialiseModel(model));
  const sum = new Float64Array(points.length);
  const squares = new Float64Array(points.length);
  let images = 0;
  let correct = 0;
  let probabilities = true;
  try {
    for await (const { input, labels } of batches) {
      const rows = input.dims[0]!;
      const feeds = { [inspection.input.name]: input };
      if (aim.by === "label") feeds[labelInput] = task.learn!.truths(Array.from(labels));
      const found = await session.run(feeds);
      const saliency = found[valuesOutput]!.data as Float32Array;
      const scores = found[scoresOutput]!.data as Float32Array;
      checkFinite(saliency, points, scores, binding.outputs[0]!);
      probabilities &&= areProbabilities(scores, binding.columns);
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < points.length; i++) {
          const s = saliency[row * points.length + i]!;
          sum[i]! += s;
          squares[i]! += s * s;
        }
        if (saidClass(scores, row, binding.columns) === labels[row]) correct++;
      }
      images += rows;
    }
  } finally {
    await session.release();
  }
  if (images === 0) throw new InputError("ERR_DATA_EMPTY", "no image to compute saliency from");
  return {
    images,
    accuracy: correct / images,
    points: toPoints(inspection, points, sum, squares, images),
    tokens,
    notes: [...binding.notes, ...(probabilities ? [noLogits(inspection, binding)] : [])],
  };
}

/** The class that scores say: the largest of several, or the sign of one. */
export const saidClass = (scores: Float32Array, row: number, columns: number): number =>
  columns === 1 ? Number(scores[row]! > 0) : argMax(scores, row * columns, columns);

/** Grad-CAM is defined on logits; where the scores are something else, and no softmax tells where they begin, it is said. */
function noLogits({ index }: Inspection, { scores }: ClassBinding): string {
  return `${scoresBy(index, scores)} are probabilities and no logits: saliency fades as the model gets sure`;
}

function toPoints(
  inspection: Inspection,
  of: readonly Point[],
  sum: Float64Array,
  squares: Float64Array,
  images: number,
): SaliencyPoint[] {
  const { index, seen, cuts } = inspection;
  const legal = new Set(cuts.map(({ tensors: [name] }) => name!));
  const points = of.map(({ tensor: name }, i): SaliencyPoint => {
    const shape = imageShape(inspection, name)!;
    const cs = sum[i]! / images;
    const variance = images > 1 ? Math.max(0, (squares[i]! - images * cs * cs) / (images - 1)) : 0;
    // Normal interval of a mean over images.
    const half = 1.959964 * Math.sqrt(variance / images);
    return {
      tensor: name,
      operator: index.nodes[index.producer.get(name)!]!.opType,
      shape,
      bytes: sizeOf(shape) * elementBytes(seen.get(name)!.type),
      cs,
      lo: Math.max(0, cs - half),
      hi: cs + half,
      legal: legal.has(name),
      candidate: false,
    };
  });
  const byName = new Map(points.map((point) => [point.tensor, point]));
  const layers = layerOutputs(index, of, legal).map((name) => byName.get(name)!);
  for (const i of strictMaxima(
    layers.map(({ cs }) => cs),
    layers.map(({ bytes }) => bytes),
  ))
    layers[i]!.candidate = true;
  return points;
}

/** Looks at the scores too: the maps' ReLU may turn NaN into zero. */
function checkFinite(saliency: Float32Array, points: readonly Point[], scores: Float32Array, output: string): void {
  if (scores.some((value) => !Number.isFinite(value)))
    throw new InputError("ERR_NOT_FINITE", `the scores before "${output}" hold NaN or infinite values`);
  const bad = saliency.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    "ERR_NOT_FINITE",
    `the saliency at "${points[bad % points.length]!.tensor}" is not finite: the model's gradients hold NaN or infinite values`,
  );
}

/** Position of the largest of `count` values from `start`, relative to it; the first of equals. */
export function argMax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
