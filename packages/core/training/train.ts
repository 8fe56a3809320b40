/** @file The training loop: epochs, batches in a seeded order, checkpoints, progress. */
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { serialiseModel } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";
import { epsilonInput, initialState, stepSizeInput, type TrainingStep } from "./step.ts";

export interface TrainOptions {
  epochs: number;
  batch: number;
  /** Largest step size; it follows half a cosine down to zero over the epochs. */
  learningRate: number;
  seed: number;
  /** Number of training images. */
  count: number;
  /** The step's feeds for these images; `random` decides augmentation. */
  feeds(indices: Uint32Array, epoch: number): Promise<Tensors> | Tensors;
  signal?: AbortSignal;
  onProgress?(progress: TrainProgress): void;
  /** Where to go on, and what is called after each epoch so that a killed run can. */
  checkpoint?: Checkpoint;
  onCheckpoint?(checkpoint: Checkpoint): Promise<void>;
}

export interface TrainProgress {
  epoch: number;
  epochs: number;
  /** Share of all steps done. */
  done: number;
  /** Means over the epoch so far. */
  loss: number;
  accuracy: number;
  secondsLeft: number;
}

/** Everything that the next epoch depends on. */
export interface Checkpoint {
  epoch: number;
  step: number;
  state: Tensors;
  history: EpochSummary[];
}

export interface EpochSummary {
  loss: number;
  accuracy: number;
}

/**
 * Trains and gives the new parameters. The step's first metric is the number of correct rows. The order of images
 * depends on seed and epoch alone, so a run that goes on from a checkpoint ends bit for bit as one that was not stopped.
 * Throws `InputError` when the loss is not finite.
 */
export async function train(
  engine: Engine,
  step: TrainingStep,
  parameters: Parameters,
  options: TrainOptions,
): Promise<{ parameters: Parameters; history: EpochSummary[] }> {
  const { epochs, batch, count, seed, signal, onProgress } = options;
  const perEpoch = Math.max(1, Math.floor(count / batch));
  const total = perEpoch * epochs;
  const start = options.checkpoint ?? { epoch: 0, step: 0, state: initialState(step, parameters), history: [] };
  let { epoch, step: done, state } = start;
  const history = [...start.history];
  const session = await engine.load(serialiseModel(step.model));
  const correct = step.metrics[0]!;
  const started = performance.now();
  const startedAt = done;
  try {
    for (; epoch < epochs; epoch++) {
      const order = randomStream(seed, `order/${epoch}`).permutation(count);
      let loss = 0;
      let hits = 0;
      let rows = 0;
      for (let i = 0; i < perEpoch; i++) {
        signal?.throwIfAborted();
        const indices = order.subarray(i * batch, Math.min(count, (i + 1) * batch));
        const feeds = await options.feeds(indices, epoch);
        const found = await session.run({ ...feeds, ...state, ...adamScalars(options.learningRate, done, total) });
        state = Object.fromEntries([...step.state].map(([name, output]) => [name, found[output]!]));
        const value = (found[step.loss]!.data as Float32Array)[0]!;
        if (!Number.isFinite(value))
          throw new InputError(
            "ERR_TRAINING_DIVERGED",
            `training diverged in epoch ${epoch + 1}: the loss is not finite; try a smaller learning rate`,
          );
        loss += value * indices.length;
        hits += (found[correct]!.data as Float32Array)[0]!;
        rows += indices.length;
        done++;
        const seconds = (performance.now() - started) / 1000;
        onProgress?.({
          epoch,
          epochs,
          done: done / total,
          loss: loss / rows,
          accuracy: hits / rows,
          secondsLeft: (seconds / (done - startedAt)) * (total - done),
        });
      }
      history.push({ loss: loss / rows, accuracy: hits / rows });
      await options.onCheckpoint?.({ epoch: epoch + 1, step: done, state, history });
    }
  } finally {
    await session.release();
  }
  const trained: Parameters = new Map(parameters);
  for (const [name, value] of Object.entries(state))
    if (trained.has(name)) trained.set(name, withoutDenormals(value as Tensor<"float32">));
  return { parameters: trained, history };
}

/** The step size on its half cosine, and Adam's bias corrections moved into step size and epsilon. */
function adamScalars(learningRate: number, done: number, total: number): Tensors {
  const t = done + 1;
  const correction = Math.sqrt(1 - 0.999 ** t);
  const size = (learningRate * (1 + Math.cos((Math.PI * done) / total))) / 2;
  return {
    [stepSizeInput]: float32([], [(size * correction) / (1 - 0.9 ** t)]),
    [epsilonInput]: float32([], [1e-8 * correction]),
  };
}

/** Least normal float32: processors compute with smaller numbers a hundred times slower, and nothing depends on them. */
const leastNormal = 2 ** -126;

function withoutDenormals({ dims, data }: Tensor<"float32">): Tensor<"float32"> {
  return float32(
    dims,
    data.map((value) => (Math.abs(value) < leastNormal ? 0 : value)),
  );
}
