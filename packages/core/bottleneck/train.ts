/** @file Training a bottleneck: first alone with the rest frozen, then, if wanted, everything end to end. */
import type { BottleneckOptions } from "../study/index.ts";
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import type { Inspection } from "../onnx/index.ts";
import { int64, type Tensor, type Tensors } from "../tensor/index.ts";
import {
  buildStep,
  drawMasks,
  fed,
  oneAtATime,
  rowsOfRuns,
  train,
  trainableNetwork,
  type Checkpoint,
  type EpochSummary,
  type NetworkOptions,
  type Parameters,
  type Scores,
  type TrainableNetwork,
  type TrainProgress,
} from "../training/index.ts";
import { featuresName, insertBottleneck } from "./insert.ts";
import { planAt, type BottleneckPlan } from "./plan.ts";

export interface Bottleneck {
  tensor: string;
  plan: BottleneckPlan;
  /** The autoencoder's, and, after training end to end, the model's own under their names. */
  parameters: Parameters;
  history: { frozen: EpochSummary[]; joint: EpochSummary[] };
}

export interface TrainingImages {
  count: number;
  /** Where the model's scores for them lie. */
  scores: Scores;
  label(index: number): number;
  /** The cut tensor of these images, computed by the unchanged head; may be of augmented ones that differ by epoch. */
  features(indices: Uint32Array, epoch: number): Tensor;
  /** The model's input for these images, for the joint phase; may be augmented with `epoch` as seed. */
  inputs(indices: Uint32Array, epoch: number): Tensor;
}

type Phase = "frozen" | "joint";

export interface Phases {
  checkpoint?: { phase: Phase; at: Checkpoint; frozen: EpochSummary[] };
  onCheckpoint?(checkpoint: NonNullable<Phases["checkpoint"]>): Promise<void>;
  onProgress?(phase: Phase, progress: TrainProgress): void;
  signal?: AbortSignal;
}

/** Weighs the reconstruction (relative to the tensor's own mean square) against the cross-entropy. */
const reconstructionWeight = 1;

/**
 * Trains the bottleneck at a legal cut; everything random comes from `seed`.
 *
 * Throws `InputError` ERR_BOTTLENECK, with the reason as its cause, where none can be built at this tensor: it is no
 * feature map, it is too small, an operator on the way has no gradient. A study goes on without it then.
 */
export async function trainBottleneck(
  engine: Engine,
  inspection: Inspection,
  tensor: string,
  options: BottleneckOptions,
  images: TrainingImages,
  seed: number,
  phases: Phases = {},
): Promise<Bottleneck> {
  const plan = planAt(inspection, tensor, options.compression);
  const whole = await buildable(tensor, () => insertBottleneck(engine, inspection, tensor, plan, seed));
  const history: Bottleneck["history"] = { frozen: phases.checkpoint?.frozen ?? [], joint: [] };
  const sizes = { batch: options.batch, count: images.count };
  let parameters: Parameters = new Map();
  const run = async (
    phase: Phase,
    learningRate: number,
    network: TrainableNetwork,
    input: (indices: Uint32Array, epoch: number) => Tensor,
  ): Promise<void> => {
    const feeds = (indices: Uint32Array, epoch: number, run: number): Tensors => ({
      [network.input]: input(indices, epoch),
      [fed.labels]: labelsOf(images, indices),
      ...drawMasks(network.masks, indices.length, seed, run),
    });
    const step = await buildable(tensor, () =>
      buildStep(engine, { ...network, example: feeds(twoOf(images), 0, 0), rows: rowsOfRuns(sizes) }).catch(
        (error: unknown) => {
          throw oneAtATime(error, inspection);
        },
      ),
    );
    const resumed = phases.checkpoint?.phase === phase ? phases.checkpoint.at : undefined;
    const { onProgress, onCheckpoint, signal } = phases;
    const frozen = history.frozen;
    const result = await train(engine, step, new Map([...network.parameters, ...parameters]), {
      epochs: options.epochs[phase],
      ...sizes,
      learningRate,
      seed,
      feeds,
      ...(signal && { signal }),
      ...(resumed && { checkpoint: resumed }),
      ...(onProgress && { onProgress: (progress) => onProgress(phase, progress) }),
      ...(onCheckpoint && { onCheckpoint: (at) => onCheckpoint({ phase, at, frozen }) }),
    });
    parameters = result.parameters;
    history[phase] = result.history;
  };
  const { scores } = images;
  const networkOf = (part: Omit<NetworkOptions, "loss" | "scores">): Promise<TrainableNetwork> =>
    buildable(tensor, () => trainableNetwork(whole, { ...part, scores, loss: { kind: "cross-entropy" } }));

  if (phases.checkpoint?.phase !== "joint") {
    const weight = reconstructionWeight / meanSquare(images);
    const terms = [{ between: [tensor, featuresName] as const, weight }];
    const network = await networkOf({ from: featuresName, until: tensor, terms });
    await run("frozen", options.learningRate, network, (indices, epoch) => images.features(indices, epoch));
  }
  if (options.epochs.joint > 0) {
    // The network is trained already, so it moves in small steps.
    const network = await networkOf({});
    await run("joint", options.learningRate / 10, network, (indices, epoch) => images.inputs(indices, epoch));
  }
  return { tensor, plan, parameters, history };
}

/** Whatever about the model forbids a bottleneck is one error, so that a study can go on without it. */
async function buildable<T>(tensor: string, build: () => T | Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = `no bottleneck can be trained at "${tensor}": ${error.message}`;
    throw new InputError("ERR_BOTTLENECK", message, { cause: error });
  }
}

function labelsOf(images: TrainingImages, indices: Uint32Array): Tensor {
  const labels = Array.from(indices, (i) => images.label(i));
  return int64([labels.length], labels);
}

const twoOf = ({ count }: TrainingImages): Uint32Array => Uint32Array.of(0, Math.min(1, count - 1));

/** Of a sample of features, so that the reconstruction loss is relative. */
function meanSquare(images: TrainingImages): number {
  const sample = Uint32Array.from({ length: Math.min(64, images.count) }, (_, i) => i);
  const data = images.features(sample, 0).data as Float32Array;
  let sum = 0;
  for (const value of data) sum += value * value;
  return Math.max(sum / data.length, 1e-12);
}
