/** @file The Cumulative Saliency curve of a model over images. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { serialiseModel, type Inspection } from "../onnx/index.ts";
import { elementBytes, sizeOf, tensor, type Tensor } from "../tensor/index.ts";
import { layerOutputs, strictMaxima } from "./candidates.ts";
import type { SaliencyPoint } from "./result.ts";
import { buildSaliencyGraph, labelInput, scoresOutput, valuesOutput } from "./graph.ts";

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
  target: "label" | "predicted",
): Promise<Curve> {
  const { model, tensors } = buildSaliencyGraph(inspection, target);
  const session = await engine.load(serialiseModel(model));
  const sum = new Float64Array(tensors.length);
  const squares = new Float64Array(tensors.length);
  let images = 0;
  let correct = 0;
  try {
    for await (const { input, labels } of batches) {
      const rows = input.dims[0]!;
      const feeds = { [inspection.input.name]: input };
      if (target === "label")
        feeds[labelInput] = tensor("int64", [rows], BigInt64Array.from(Array.from(labels), BigInt));
      const found = await session.run(feeds);
      const saliency = found[valuesOutput]!.data as Float32Array;
      const scores = found[scoresOutput]!.data as Float32Array;
      checkFinite(saliency, tensors, scores, inspection.output.name);
      const classes = scores.length / rows;
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < tensors.length; i++) {
          const s = saliency[row * tensors.length + i]!;
          sum[i]! += s;
          squares[i]! += s * s;
        }
        if (argMax(scores, row * classes, classes) === labels[row]) correct++;
      }
      images += rows;
    }
  } finally {
    await session.release();
  }
  if (images === 0) throw new InputError("ERR_DATA_EMPTY", "no image to compute saliency from");
  return { images, accuracy: correct / images, points: toPoints(inspection, tensors, sum, squares, images) };
}

function toPoints(
  { index, seen, cuts }: Inspection,
  tensors: readonly string[],
  sum: Float64Array,
  squares: Float64Array,
  images: number,
): SaliencyPoint[] {
  const legal = new Set(cuts.map(({ tensors: [name] }) => name!));
  const points = tensors.map((name, i): SaliencyPoint => {
    const { dims, type } = seen.get(name)!;
    const cs = sum[i]! / images;
    const variance = images > 1 ? Math.max(0, (squares[i]! - images * cs * cs) / (images - 1)) : 0;
    // Normal interval of a mean over images.
    const half = 1.959964 * Math.sqrt(variance / images);
    return {
      tensor: name,
      operator: index.nodes[index.producer.get(name)!]!.opType,
      shape: dims.slice(1),
      bytes: sizeOf(dims.slice(1)) * elementBytes(type),
      cs,
      lo: Math.max(0, cs - half),
      hi: cs + half,
      legal: legal.has(name),
      candidate: false,
    };
  });
  const byName = new Map(points.map((point) => [point.tensor, point]));
  const layers = layerOutputs(index, tensors, legal).map((name) => byName.get(name)!);
  for (const i of strictMaxima(
    layers.map(({ cs }) => cs),
    layers.map(({ bytes }) => bytes),
  ))
    layers[i]!.candidate = true;
  return points;
}

/** Looks at the scores too: the maps' ReLU may turn NaN into zero. */
function checkFinite(saliency: Float32Array, tensors: readonly string[], scores: Float32Array, output: string): void {
  if (scores.some((value) => !Number.isFinite(value)))
    throw new InputError("ERR_NOT_FINITE", `the scores before "${output}" hold NaN or infinite values`);
  const bad = saliency.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    "ERR_NOT_FINITE",
    `the saliency at "${tensors[bad % tensors.length]!}" is not finite: the model's gradients hold NaN or infinite values`,
  );
}

/** Position of the largest of `count` values from `start`, relative to it; the first of equals. */
export function argMax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
