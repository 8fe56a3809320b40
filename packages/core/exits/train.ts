/** @file Training an exit's head on what the frozen model makes of samples: seconds, since the model itself is not run. */
import type { Engine } from "../engine/index.ts";
import { inspectModel } from "../onnx/index.ts";
import { float32, int64, rowsAt, type Tensor, type Tensors } from "../tensor/index.ts";
import {
  buildStep,
  classObjective,
  fed,
  rowsOfRuns,
  train,
  trainableNetwork,
  type EpochSummary,
  type Parameters,
  type TrainProgress,
} from "../training/index.ts";
import { exitFeatures, trainedLayers, type FeatureScale } from "./head.ts";
import type { ExitPlan } from "./plan.ts";

export interface Exit {
  plan: ExitPlan;
  parameters: Parameters;
  scale: FeatureScale;
  history: EpochSummary[];
}

/** What an exit learns from, a row per sample. */
export interface ExitLessons {
  /** [samples, features] */
  features: Tensor<"float32">;
  /** By sample, the class. */
  labels: ArrayLike<number>;
  /** The whole model's logits, [samples, columns]: they are most of what is learned. Absent: the labels alone are. */
  teacher?: Tensor<"float32">;
}

export interface ExitTraining {
  epochs: number;
  batch: number;
  learningRate: number;
  seed: number;
  signal?: AbortSignal;
  onProgress?(progress: TrainProgress): void;
}

/** How much the teacher's scores are softened, and their part in the loss (Hinton, Vinyals and Dean, 2015). */
const taught = { kind: "distillation" as const, temperature: 2, weight: 0.5 };
/** A small head of many features learns single samples by heart without it. */
const weightDecay = 0.01;

/** Trains the layers behind the features; everything random comes from the seed. */
export async function trainExit(
  engine: Engine,
  plan: ExitPlan,
  { features, labels, teacher }: ExitLessons,
  { epochs, batch, learningRate, seed, signal, onProgress }: ExitTraining,
): Promise<Exit> {
  const count = features.dims[0]!;
  const scale = scaleOf(features);
  const scaled = rescaled(features, scale);
  const { columns } = plan.scores;
  const { model, logits } = trainedLayers(plan, seed);
  const whole = await inspectModel(model, engine, { shape: [plan.features] });
  const objective = classObjective({ scores: logits, columns }, teacher ? taught : { kind: "cross-entropy" });
  const network = trainableNetwork(whole, { objective });
  const both = teacher && columns === 1 ? twoColumns(teacher) : teacher;
  const feeds = (indices: Uint32Array): Tensors => ({
    [exitFeatures]: rowsAt(scaled, indices),
    [fed.labels]: int64(
      [indices.length],
      Array.from(indices, (i) => labels[i]!),
    ),
    ...(both && { [fed.teacher]: rowsAt(both, indices) }),
  });
  const sizes = { count, batch: Math.min(batch, count), accumulate: 1 };
  const step = await buildStep(engine, {
    ...network,
    example: feeds(Uint32Array.from({ length: Math.min(2, count) }, (_, i) => i)),
    rows: rowsOfRuns(sizes),
    optimiser: { kind: "adamw", weightDecay },
  });
  const { parameters, history } = await train(engine, step, network.parameters, {
    epochs,
    ...sizes,
    learningRate,
    seed,
    feeds,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { plan, parameters, scale, history };
}

/** Mean and deviation of each column; columns that are always alike count as of deviation 1. */
function scaleOf({ dims, data }: Tensor<"float32">): FeatureScale {
  const [n, features] = dims as [number, number];
  const [sum, squares] = [new Float64Array(features), new Float64Array(features)];
  for (let i = 0; i < data.length; i++) sum[i % features]! += data[i]!;
  const mean = sum.map((one) => one / n);
  for (let i = 0; i < data.length; i++) squares[i % features]! += (data[i]! - mean[i % features]!) ** 2;
  const deviation = Float32Array.from(squares, (one) => (one > 1e-12 * n ? Math.sqrt(one / n) : 1));
  return { mean: Float32Array.from(mean), deviation };
}

function rescaled({ dims, data }: Tensor<"float32">, { mean, deviation }: FeatureScale): Tensor<"float32"> {
  const features = dims[1]!;
  return float32(
    dims,
    data.map((value, i) => (value - mean[i % features]!) / deviation[i % features]!),
  );
}

/** One logit z as those of two classes, -z / 2 and z / 2. */
function twoColumns({ data }: Tensor<"float32">): Tensor<"float32"> {
  const both = new Float32Array(2 * data.length);
  data.forEach((z, i) => both.set([-z / 2, z / 2], 2 * i));
  return float32([data.length, 2], both);
}
