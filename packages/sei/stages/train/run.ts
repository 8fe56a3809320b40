/** @file Trains a model on images: opens, holds back, trains with checkpoints, and proves what is handed over. */
import type { DataOptions } from "@split-et-impera/core/study";
import { inlineFunctions } from "@split-et-impera/core/gradient";
import { InputError, internal } from "@split-et-impera/core/errors";
import {
  batched,
  inspectModel,
  serialiseModel,
  type InputOptions,
  type Inspection,
  type ModelProto,
} from "@split-et-impera/core/onnx";
import { judgedByModel, type BaselineWarning } from "@split-et-impera/core/task";
import { float32, type Tensors } from "@split-et-impera/core/tensor";
import {
  buildStep,
  drawMasks,
  freshWeights,
  oneAtATime,
  rowsOfRuns,
  separateStatistics,
  train,
  trainableNetwork,
  weightsTowards,
  withWeights,
  type Checkpoint,
  type EpochSummary,
  type Parameters,
  type TrainableNetwork,
  type TrainProgress,
} from "@split-et-impera/core/training";
import { digest, type Store } from "../../store/index.ts";
import { keep, keyOf, recall } from "../run-stage.ts";
import { fingerprint, openData, samplesFor, type Samples, type Split } from "../../data/index.ts";
import { baselineWarnings } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { nearest } from "../../nearest.ts";
import { openForward } from "../forward.ts";
import { holdBack } from "./images.ts";
import { openInputs, type Inputs } from "./inputs.ts";
import { openEvaluator, qualityOf, scoreNotes } from "./score.ts";
import type { TrainSettings } from "./settings.ts";
import { examFor, openTeaching, type Teaching } from "./teaching.ts";

/** What checkpoints are kept under. */
const trainingStage = { name: "training", version: 2 };

export interface TrainJob {
  model: string;
  /** Shapes of the input, where the model leaves it open. */
  inputs?: InputOptions;
  /** Opened for the model's layout, once it is known. */
  data(inspection: Inspection): Promise<DataOptions>;
  teacher?: string;
  settings: TrainSettings;
  /** Where the checkpoint is kept. */
  store: Store;
  signal: AbortSignal;
  /** Runs a stage, showing what `update` says. */
  stage<T>(title: string, work: (update: (status: string) => void) => Promise<T>): Promise<T>;
  /** Keeps the trained model; the checkpoint is removed only then. */
  write(bytes: Uint8Array): Promise<void>;
  /** What speaks against the accuracy before; not told of fresh weights, which are bad by design. */
  onDoubts?(warnings: readonly BaselineWarning[], notes: readonly string[]): void;
  onStart?(from: { epoch: number; images: TrainResult["images"] }): void;
  onProgress?(progress: TrainProgress): void;
  onEpoch?(summary: EpochSummary): void;
}

export interface TrainResult {
  /** Of the model's file. */
  bytes: number;
  data: string;
  images: { train: number; heldBack: number; test: number };
  weights: { trained: number; statistics: number; values: number };
  /** Epochs that an earlier, stopped run had done. */
  resumed: number;
  history: EpochSummary[];
  /** On the test images, by the metric's name: the task's first, or the agreement with the teacher. */
  quality: Record<string, { before: number; after: number }>;
}

export async function trainModel(job: TrainJob): Promise<TrainResult> {
  const { settings, store, signal, stage } = job;
  const opened = await stage("open model and data", () => open(job));
  const { model, inspection, options, training, testing, network, teaching } = opened;
  const { taught, held } = holdBack(training.count, settings);
  const images = { train: taught.length, heldBack: held.length, test: testing.count };
  const of = [opened.sha256, teaching.sha256, fingerprint(training, options), settings];
  const key = keyOf(trainingStage, of, { engine });
  const exam = examFor(settings, inspection, testing);
  const taughtOnly = judgedByModel(exam.task.spec.kind);
  const warnings =
    settings.initialise || taughtOnly
      ? []
      : await baselineWarnings({ engine, inspection, data: testing, exam, options, signal });
  const told = teaching.scores ? await scoreNotes(inspection, teaching.scores, training) : [];
  job.onDoubts?.(warnings, [
    ...new Set([...training.notes, ...testing.notes]),
    ...told,
    ...inspection.troubles.map(({ message }) => message),
  ]);
  const { inputs, step } = await stage("training graph", async (update) => {
    const inputs = await openInputs({
      data: training,
      options,
      augment: settings.augment,
      seed: settings.seed,
      ...(settings.lossy && { lossy: settings.lossy }),
      signal,
      update,
      ...(network.head && {
        head: {
          forward: await openForward(engine, network.head, inspection, [network.input]),
          tensor: network.input,
        },
      }),
    });
    const step = await buildStep(engine, {
      ...network,
      example: await feedsOf(opened, inputs, settings, taught.slice(0, 2), 0, 0),
      optimiser: settings.optimiser,
      accumulate: settings.accumulate > 1,
      rows: rowsOfRuns({ ...settings, count: taught.length }),
      ...(settings.clip !== undefined && { clip: settings.clip }),
    }).catch((error: unknown) => {
      throw oneAtATime(error, inspection);
    });
    return { inputs, step };
  });
  const { input } = network;
  const evaluator = await openEvaluator(
    network,
    inspection,
    {
      count: held.length,
      async feeds(places) {
        const indices = places.map((place) => held[place]!);
        const truths = await teaching.truths(training, indices, () => training.batch(indices), true);
        return { [input]: await inputs.plain(indices), ...truths };
      },
    },
    signal,
  );
  /** On the test images: by the task's metric, or, where nothing is known of them, as near as the outputs come. */
  const tested = (when: string, own: ModelProto, parameters: Parameters): Promise<Record<string, number>> =>
    stage(`quality ${when}`, (update) =>
      taughtOnly
        ? agreementOf(opened, parameters, signal, update)
        : qualityOf({ ...inspection, model: own }, testing, exam, signal, update),
    );
  try {
    const before = await tested("before", inspection.model, network.parameters);
    const checkpoint = await recall<Checkpoint>(key, { store });
    const resumed = checkpoint?.epoch ?? 0;
    job.onStart?.({ epoch: resumed, images });
    const { parameters, history } = await train(engine, step, network.parameters, {
      ...settings,
      count: taught.length,
      signal,
      feeds: (rows, epoch, run) => {
        const indices = rows.map((i) => taught[i]!);
        return feedsOf(opened, inputs, settings, indices, epoch, run);
      },
      ...(held.length > 0 && { evaluate: evaluator.score }),
      ...(checkpoint && { checkpoint }),
      onCheckpoint: async (at) => {
        await keep(key, at, { store });
        job.onEpoch?.(at.history.at(-1)!);
      },
      ...(job.onProgress && { onProgress: job.onProgress }),
    });
    const trained = withWeights(model, parameters);
    checkStructure(model, trained, parameters);
    const after = await tested("after", inspection.unbatched ? batched(trained) : trained, parameters);
    const bytes = serialiseModel(trained);
    await job.write(bytes);
    await store.remove(key);
    const statistics = network.updates.size;
    let values = 0;
    for (const name of network.trained) values += parameters.get(name)!.data.length;
    return {
      bytes: bytes.length,
      data: training.name,
      images,
      weights: { trained: network.trained.length, statistics, values },
      resumed,
      history,
      quality: Object.fromEntries(
        Object.keys(before).map((name) => [name, { before: before[name]!, after: after[name]! }]),
      ),
    };
  } finally {
    await evaluator.release();
    await inputs.release();
    await teaching[Symbol.asyncDispose]();
  }
}

interface Opened {
  /** The file's model, with fresh weights where asked. */
  model: ModelProto;
  sha256: string;
  inspection: Inspection;
  options: DataOptions;
  training: Samples;
  testing: Samples;
  network: TrainableNetwork;
  teaching: Teaching;
}

async function open(job: TrainJob): Promise<Opened> {
  const { settings } = job;
  const { model: read, sha256 } = await readModelFile(job.model);
  const stored = separateStatistics(read);
  const inspection = await inspectModel(inlineFunctions(stored), engine, job.inputs);
  const options = await job.data(inspection);
  const { kind } = settings.task ?? {};
  const unlabelled = kind === undefined ? settings.loss.kind === "outputs" : judgedByModel(kind);
  const openSplit = async (split: Split): Promise<Samples> =>
    samplesFor(await openData(options, split, { unlabelled }), inspection, options);
  const [training, testing] = await Promise.all([openSplit("train"), openSplit("test")]);
  for (const name of [settings.from, settings.until]) {
    if (name !== undefined && !inspection.seen.has(name))
      throw new InputError(
        "ERR_TENSOR_UNKNOWN",
        `${job.model}: no tensor "${name}"${nearest(name, [...inspection.index.producer.keys()])}`,
      );
  }
  const only = settings.only && nameList(settings.only, [...weightsTowards(inspection).keys()]);
  const teaching = await openTeaching(settings, inspection, training, job.teacher);
  const found = trainableNetwork(inspection, { ...settings, objective: teaching.objective, only });
  const fresh: Parameters = settings.initialise ? freshWeights(inspection, settings.seed) : new Map();
  // What is frozen keeps its weights.
  for (const name of fresh.keys()) if (!found.parameters.has(name)) fresh.delete(name);
  const network = { ...found, parameters: new Map([...found.parameters, ...fresh]) };
  const model = withWeights(stored, fresh);
  return { model, sha256, inspection, options, training, testing, network, teaching };
}

/** Everything that one run of the step is fed beside its state. */
async function feedsOf(
  { network, training, teaching }: Opened,
  inputs: Inputs,
  { seed }: TrainSettings,
  indices: Uint32Array,
  epoch: number,
  run: number,
): Promise<Tensors> {
  return {
    [network.input]: await inputs.augmented(indices, seed + epoch),
    ...(await teaching.truths(training, indices, () => inputs.images(indices, seed + epoch))),
    ...drawMasks(network.masks, indices.length, seed, run),
  };
}

/** How near the outputs come to the teacher's over the test images, with these of the model's parameters. */
async function agreementOf(
  { inspection, testing, teaching }: Opened,
  parameters: Parameters,
  signal: AbortSignal,
  update: (status: string) => void,
): Promise<Record<string, number>> {
  const whole = trainableNetwork(inspection, { objective: teaching.objective });
  const judged = {
    count: testing.count,
    async feeds(indices: Uint32Array): Promise<Tensors> {
      const images = testing.batch(indices);
      return { [whole.input]: images, ...(await teaching.truths(testing, indices, () => images, true)) };
    },
  };
  const { score, release } = await openEvaluator(whole, inspection, judged, signal);
  try {
    const { agreement = 0 } = await score(Object.fromEntries([...whole.parameters, ...parameters]));
    update(`agreement ${(100 * agreement).toFixed(2)} % of ${testing.count} images`);
    return { agreement };
  } finally {
    await release();
  }
}

/** The model that is handed over differs from the one that came in by weights alone. */
function checkStructure(before: ModelProto, after: ModelProto, parameters: Parameters): void {
  const blank: Parameters = new Map();
  for (const [name, { dims, data }] of parameters) blank.set(name, float32(dims, new Float32Array(data.length)));
  const [a, b] = [before, after].map((model) => digest(serialiseModel(withWeights(model, blank))));
  if (a !== b) throw internal("training changed more than weights");
}
