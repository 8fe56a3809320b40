/** @file The Cumulative Saliency curve of a model over images. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { imageShape, serialiseModel, type Inspection } from "../onnx/index.ts";
import {
  areProbabilities,
  qualitiesOf,
  scoresBy,
  type AgreementBinding,
  type Binding,
  type Quality,
} from "../task/index.ts";
import { elementBytes, sizeOf, type Tensors } from "../tensor/index.ts";
import type { Aim } from "./aim.ts";
import { cheaperForm, layerOutputs, strictMaxima } from "./candidates.ts";
import type { Point } from "./points.ts";
import type { SaliencyPoint } from "./result.ts";
import { buildSaliencyGraph, truthInput, valuesOutput, type SaliencyOptions } from "./graph.ts";

/** Images as the model takes them, with what each one's answer is judged by. */
export interface JudgedBatch {
  feeds: Tensors;
  truths: readonly unknown[];
}

export interface Curve {
  images: number;
  /** Of the answers to these images. */
  quality: Quality;
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
  batches: AsyncIterable<JudgedBatch> | Iterable<JudgedBatch>,
  aim: Aim,
  options: Pick<SaliencyOptions, "tokens"> = {},
): Promise<Curve> {
  const { binding, task } = aim;
  const { model, points, tokens } = await buildSaliencyGraph(engine, inspection, aim, options);
  const session = await engine.load(serialiseModel(model));
  const sum = new Float64Array(points.length);
  const squares = new Float64Array(points.length);
  const evidence: unknown[] = [];
  const columns = scoreColumns(binding);
  let probabilities = columns !== undefined;
  try {
    for await (const { feeds, truths } of batches) {
      const fed = aim.by === "label" ? { ...feeds, [truthInput]: task.learn!.truths(truths) } : feeds;
      const found = await session.run(fed);
      const saliency = found[valuesOutput]!.data as Float32Array;
      checkFinite(saliency, points, found, binding);
      probabilities &&= areProbabilities(found[binding.decides[0]!]!.data as Float32Array, columns!);
      task.answers(binding, found, truths).forEach((answer, i) => evidence.push(task.judge(answer, truths[i])));
      for (let i = 0; i < saliency.length; i++) {
        const s = saliency[i]!;
        sum[i % points.length]! += s;
        squares[i % points.length]! += s * s;
      }
    }
  } finally {
    await session.release();
  }
  const images = evidence.length;
  if (images === 0) throw new InputError("ERR_DATA_EMPTY", "no image to compute saliency from");
  return {
    images,
    quality: qualitiesOf(task.metrics, { evidence }),
    points: toPoints(inspection, points, sum, squares, images),
    tokens,
    notes: [...binding.notes, ...(probabilities ? [noLogits(inspection, binding.decides[0]!)] : [])],
  };
}

/** How many scores of classes an image has; undefined where numbers of another kind decide, which may be anything. */
function scoreColumns(binding: Binding): number | undefined {
  const { scores, columns, by } = binding as Partial<AgreementBinding>;
  return scores !== undefined && by !== "values" ? columns : undefined;
}

/** Grad-CAM is defined on logits; where the scores are something else, and no softmax tells where they begin, it is said. */
function noLogits({ index }: Inspection, scores: string): string {
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
  const costs = new Map(cuts.map(({ tensors: [name], bytes }) => [name!, bytes]));
  for (const i of strictMaxima(
    layers.map(({ cs }) => cs),
    layers.map(({ bytes }) => bytes),
  )) {
    const sends = cheaperForm(index, layers[i]!.tensor, costs);
    Object.assign(layers[i]!, { candidate: true, ...(sends !== undefined && { sends }) });
  }
  return points;
}

/** Looks at what decides too: the maps' ReLU may turn NaN into zero. */
function checkFinite(
  saliency: Float32Array,
  points: readonly Point[],
  found: Tensors,
  { decides, outputs: [output] }: Binding,
): void {
  for (const name of decides) {
    const { data } = found[name]!;
    if (data instanceof Float32Array && data.some((value) => !Number.isFinite(value)))
      throw new InputError("ERR_NOT_FINITE", `the scores before "${output}" hold NaN or infinite values`);
  }
  const bad = saliency.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    "ERR_NOT_FINITE",
    `the saliency at "${points[bad % points.length]!.tensor}" is not finite: the model's gradients hold NaN or infinite values`,
  );
}
