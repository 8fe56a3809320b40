/** @file The training loop: epochs, batches in a seeded order, held-back images, checkpoints, progress. */
import type { Engine, Session } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { serialiseModel } from "../onnx/index.ts";
import { randomStream } from "../random/index.ts";
import { float32, type Tensor, type Tensors } from "../tensor/index.ts";
import type { Parameters } from "./layers.ts";
import { figures, type Figure } from "./objective.ts";
import { feedBytes, repeatStep, type RepeatedStep } from "./repeat.ts";
import { rateAt, type ScheduleOptions } from "./schedule.ts";
import { emptySums, initialState, stepScalars, type TrainingStep } from "./step.ts";

export interface TrainOptions {
  epochs: number;
  /** Images of one run. */
  batch: number;
  /** Runs whose gradients make one step; the step must be built with `accumulate` where it is more than 1. Default 1. */
  accumulate?: number;
  /** The largest step size. */
  learningRate: number;
  /** Default: half a cosine down to zero. */
  schedule?: ScheduleOptions;
  seed: number;
  /** Number of training images. */
  count: number;
  /** The step's feeds for these images; `run` counts the runs of the whole training, for random numbers. */
  feeds(indices: Uint32Array, epoch: number, run: number): Promise<Tensors> | Tensors;
  /** Called after each epoch with the parameters; how good they are on images that are held back. */
  evaluate?(parameters: Tensors): Promise<Score>;
  /** Stop after so many epochs without a better score, and keep the best parameters. Needs `evaluate`. */
  patience?: number;
  signal?: AbortSignal;
  onProgress?(progress: TrainProgress): void;
  /** Where to go on, and what is called after each epoch so that a killed run can. */
  checkpoint?: Checkpoint;
  onCheckpoint?(checkpoint: Checkpoint): Promise<void>;
}

/** Means over images: the loss, and what is known of the answers. */
export interface Score extends Partial<Record<Figure, number>> {
  loss: number;
}

/** The score is that of the epoch so far. */
export interface TrainProgress extends Score {
  epoch: number;
  epochs: number;
  /** Share of all steps done. */
  done: number;
  secondsLeft: number;
}

export interface EpochSummary extends Score {
  /** On the images that are held back. */
  held?: Score;
}

/** What is known of the answers, where something is. */
export function figureOf(score: Score): { figure: Figure; value: number } | undefined {
  const figure = figures.find((one) => score[one] !== undefined);
  return figure && { figure, value: score[figure]! };
}

/** Everything that the next epoch depends on. */
export interface Checkpoint {
  epoch: number;
  step: number;
  state: Tensors;
  history: EpochSummary[];
  /** The best parameters so far, where the training stops early. */
  best?: Tensors;
}

/**
 * Trains and gives the new parameters. Everything random depends on the seed and the place in the training alone, so a run that goes on from a checkpoint ends bit for bit as one that
 * was not stopped. The last rows that do not fill a step are left out; the order changes with the epoch.
 *
 * Throws `InputError` when the loss is not finite.
 */
export async function train(
  engine: Engine,
  step: TrainingStep,
  parameters: Parameters,
  options: TrainOptions,
): Promise<{ parameters: Parameters; history: EpochSummary[] }> {
  const { epochs, count, seed, patience } = options;
  const rows = Math.min(count, options.batch * (options.accumulate ?? 1));
  const perEpoch = Math.floor(count / rows);
  const total = perEpoch * epochs;
  const start = options.checkpoint ?? { epoch: 0, step: 0, state: initialState(step, parameters), history: [] };
  let { epoch, step: done, state, best } = start;
  const history = [...start.history];
  // Sums of gradients over several runs leave the engine with each of them.
  const repeated = step.sums.size === 0 ? repeatStep(step) : undefined;
  const session = await engine.load(serialiseModel((repeated ?? step).model));
  const running = { session, step, options, rows, total };
  const started = performance.now();
  const startedAt = done;
  let secondsEach = Infinity;
  try {
    for (; epoch < epochs && !outOfPatience(history, patience); epoch++) {
      const order = randomStream(seed, `order/${epoch}`).permutation(count);
      const sum: Sum = { rows: 0, loss: 0 };
      for (let i = 0; i < perEpoch;) {
        const before = performance.now();
        const most = repeated ? Math.min(perEpoch - i, Math.max(1, Math.floor(runSeconds / secondsEach))) : 1;
        const images = order.subarray(i * rows, (i + most) * rows);
        let steps = 1;
        if (repeated) ({ state, steps } = await severalSteps(running, repeated, state, images, { epoch, done }, sum));
        else state = await oneStep(running, state, images, { epoch, done }, sum);
        i += steps;
        done += steps;
        const now = performance.now();
        secondsEach = (now - before) / 1000 / steps;
        options.onProgress?.({
          epoch,
          epochs,
          done: done / total,
          ...meanOf(sum),
          secondsLeft: ((now - started) / 1000 / (done - startedAt)) * (total - done),
        });
      }
      const held = await options.evaluate?.(state);
      history.push({ ...meanOf(sum), ...(held && { held }) });
      if (patience !== undefined && bestEpoch(history) === history.length - 1) best = parametersOf(state, parameters);
      await options.onCheckpoint?.({ epoch: epoch + 1, step: done, state, history, ...(best && { best }) });
    }
  } finally {
    await session.release();
  }
  const trained: Parameters = new Map(parameters);
  for (const [name, value] of Object.entries(best ?? state))
    if (trained.has(name)) trained.set(name, withoutDenormals(value as Tensor<"float32">));
  return { parameters: trained, history };
}

/** About how long a run of several steps may take: progress is shown and Ctrl-C is heard between runs. */
const runSeconds = 1;
/** Most bytes that a run of several steps is fed. */
const runBytes = 2 ** 26;

/** A training under way. */
interface Running {
  session: Session;
  step: TrainingStep;
  options: TrainOptions;
  /** Images of a step. */
  rows: number;
  /** Steps of all epochs. */
  total: number;
}

/** Steps of one run each, on these images; as many of them as memory allows. Adds what they report to `sum`. */
async function severalSteps(
  { session, step, options, rows, total }: Running,
  repeated: RepeatedStep,
  from: Tensors,
  images: Uint32Array,
  { epoch, done }: { epoch: number; done: number },
  sum: Sum,
): Promise<{ state: Tensors; steps: number }> {
  options.signal?.throwIfAborted();
  const feeds: Tensors[] = [];
  for (let bytes = 0; feeds.length * rows < images.length && bytes <= runBytes; bytes += feedBytes(feeds.at(-1)!)) {
    const n = feeds.length;
    const batch = await options.feeds(images.subarray(n * rows, (n + 1) * rows), epoch, done + n);
    feeds.push({ ...batch, ...stepScalars(step, rateOf(options, done + n, total), done + n) });
  }
  const { state, losses, figures } = repeated.read(await session.run(repeated.feeds(feeds, from)));
  for (let n = 0; n < feeds.length; n++)
    note(
      sum,
      losses[n]!,
      mapValues(figures, (each) => each[n]!),
      rows,
      epoch,
    );
  return { state, steps: feeds.length };
}

/** Images of every run, where all have as many: what a step may be built for. */
export function rowsOfRuns({
  count,
  batch,
  accumulate = 1,
}: Pick<TrainOptions, "count" | "batch" | "accumulate">): number | undefined {
  const step = Math.min(count, batch * accumulate);
  if (step < batch) return step;
  return step % batch === 0 ? batch : undefined;
}

/** The runs of one step; adds what they report to `sum` and gives the new state. */
async function oneStep(
  { session, step, options, total }: Running,
  from: Tensors,
  images: Uint32Array,
  { epoch, done }: { epoch: number; done: number },
  sum: Sum,
): Promise<Tensors> {
  const { batch, accumulate = 1 } = options;
  const rate = rateOf(options, done, total);
  const state = { ...from };
  let sums = emptySums(step, state);
  for (let at = 0; at < images.length; at += batch) {
    options.signal?.throwIfAborted();
    const indices = images.subarray(at, at + batch);
    const last = at + batch >= images.length;
    const feeds = await options.feeds(indices, epoch, done * accumulate + at / batch);
    const moved = new Map(last ? step.state : step.statistics.map((name) => [name, step.state.get(name)!]));
    const fetched = [step.loss, ...Object.values(step.figures), ...moved.values(), ...(last ? [] : step.sums.values())];
    const scalars = stepScalars(step, rate, done, indices.length / images.length);
    const found = await session.run({ ...feeds, ...state, ...sums, ...scalars }, [...new Set(fetched)]);
    for (const [name, output] of moved) state[name] = found[output]!;
    if (!last) sums = Object.fromEntries([...step.sums].map(([name, output]) => [name, found[output]!]));
    const scalar = (name: string): number => (found[name]!.data as Float32Array)[0]!;
    note(sum, scalar(step.loss), mapValues(step.figures, scalar), indices.length, epoch);
  }
  return state;
}

const rateOf = ({ learningRate, schedule = { kind: "cosine" } }: TrainOptions, done: number, total: number): number =>
  learningRate * rateAt(schedule, done, total);

/** Of an epoch so far. */
interface Sum extends Score {
  rows: number;
}

const meanOf = ({ rows, ...sums }: Sum): Score => mapValues(sums, (sum) => sum / rows);

/** The same names, with what is made of their values. */
function mapValues<K extends string, A, B>(values: { [key in K]?: A }, make: (value: A) => B): { [key in K]: B } {
  return Object.fromEntries(Object.entries<A>(values as Record<K, A>).map(([name, value]) => [name, make(value)])) as {
    [key in K]: B;
  };
}

/** Adds what a run of `rows` images reported: its mean loss, and sums of figures. */
function note(sum: Sum, loss: number, figures: Partial<Record<Figure, number>>, rows: number, epoch: number): void {
  if (!Number.isFinite(loss))
    throw new InputError(
      "ERR_TRAINING_DIVERGED",
      `training diverged in epoch ${epoch + 1}: the loss is not finite; try a smaller learning rate`,
    );
  sum.loss += loss * rows;
  for (const [figure, value] of Object.entries(figures) as [Figure, number][]) sum[figure] = (sum[figure] ?? 0) + value;
  sum.rows += rows;
}

/** The epoch of the best held-back answers; among equals the one of the least loss. */
function bestEpoch(history: readonly EpochSummary[]): number {
  let best = 0;
  history.forEach(({ held }, i) => {
    const than = history[best]!.held;
    if (!held || !than) return;
    const gain = (figureOf(held)?.value ?? 0) - (figureOf(than)?.value ?? 0);
    if (gain > 0 || (gain === 0 && held.loss < than.loss)) best = i;
  });
  return best;
}

function outOfPatience(history: readonly EpochSummary[], patience: number | undefined): boolean {
  return patience !== undefined && history.length > 0 && history.length - 1 - bestEpoch(history) >= patience;
}

function parametersOf(state: Tensors, parameters: Parameters): Tensors {
  return Object.fromEntries(Object.entries(state).filter(([name]) => parameters.has(name)));
}

/** Least normal float32: processors compute with smaller numbers a hundred times slower, and nothing depends on them. */
const leastNormal = 2 ** -126;

function withoutDenormals({ dims, data }: Tensor<"float32">): Tensor<"float32"> {
  return float32(
    dims,
    data.map((value) => (Math.abs(value) < leastNormal ? 0 : value)),
  );
}
