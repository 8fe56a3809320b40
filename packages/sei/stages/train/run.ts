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
import { classAim } from "@split-et-impera/core/saliency";
import type { BaselineWarning, ClassBinding } from "@split-et-impera/core/task";
import { float32, type Tensors } from "@split-et-impera/core/tensor";
import {
  buildStep,
  classObjective,
  drawMasks,
  fed,
  freshWeights,
  needsTeacher,
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
import { fingerprint, openData, type Dataset } from "../../data/index.ts";
import { baselineWarnings, checkFits } from "../answers/index.ts";
import { engine } from "@split-et-impera/ort";
import { readModelFile } from "../../model/index.ts";
import { nameList } from "../../name-list.ts";
import { nearest } from "../../nearest.ts";
import { openForward } from "../forward.ts";
import { holdBack, labelsOf } from "./images.ts";
import { openInputs, type Inputs } from "./inputs.ts";
import { accuracyOf, classExam, openEvaluator, scoreNotes } from "./score.ts";
import type { TrainSettings } from "./settings.ts";
import { openTeacher, type Teacher } from "./teacher.ts";

/** What checkpoints are kept under. */
const trainingStage = { name: "training", version: 1 };

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
  /** Share of the test images that are right. */
  accuracy: { before: number; after: number };
}

export async function trainModel(job: TrainJob): Promise<TrainResult> {
  const { settings, store, signal, stage } = job;
  const opened = await stage("open model and data", () => open(job));
  const { model, inspection, options, training, testing, network, teacher } = opened;
  const { taught, held } = holdBack(training.count, settings);
  const images = { train: taught.length, heldBack: held.length, test: testing.count };
  const of = [opened.sha256, teacher?.sha256, fingerprint(training, options), settings];
  const key = keyOf(trainingStage, of, { engine });
  const before = await stage("accuracy before", (update) =>
    accuracyOf(inspection, testing, settings.output, signal, update),
  );
  const warnings = settings.initialise
    ? []
    : await baselineWarnings({
        inspection,
        data: testing,
        exam: classExam(inspection, testing, settings.output),
        options,
        signal,
      });
  const told = await scoreNotes(inspection, opened.scores, training);
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
  const evaluator = await openEvaluator(opened, inputs, held, signal);
  try {
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
    const after = await stage("accuracy after", (update) =>
      accuracyOf(
        { ...inspection, model: inspection.unbatched ? batched(trained) : trained },
        testing,
        settings.output,
        signal,
        update,
      ),
    );
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
      accuracy: { before, after },
    };
  } finally {
    await evaluator.release();
    await inputs.release();
    await teacher?.release();
  }
}

interface Opened {
  /** The file's model, with fresh weights where asked. */
  model: ModelProto;
  sha256: string;
  inspection: Inspection;
  options: DataOptions;
  training: Dataset;
  testing: Dataset;
  network: TrainableNetwork;
  /** Where class scores lie. */
  scores: ClassBinding;
  teacher?: Teacher;
}

async function open(job: TrainJob): Promise<Opened> {
  const { settings } = job;
  const { model: read, sha256 } = await readModelFile(job.model);
  const stored = separateStatistics(read);
  const inspection = await inspectModel(inlineFunctions(stored), engine, job.inputs);
  const options = await job.data(inspection);
  const [training, testing] = await Promise.all([openData(options, "train"), openData(options, "test")]);
  for (const data of [training, testing]) checkFits(data, data.batch([0]).dims, inspection);
  for (const name of [settings.from, settings.until]) {
    if (name !== undefined && !inspection.seen.has(name))
      throw new InputError(
        "ERR_TENSOR_UNKNOWN",
        `${job.model}: no tensor "${name}"${nearest(name, [...inspection.index.producer.keys()])}`,
      );
  }
  const only = settings.only && nameList(settings.only, [...weightsTowards(inspection).keys()]);
  const scores = classAim(inspection, training.classes, "label", settings.output).binding;
  const found = trainableNetwork(inspection, { ...settings, objective: classObjective(scores, settings.loss), only });
  const fresh: Parameters = settings.initialise ? freshWeights(inspection, settings.seed) : new Map();
  // What is frozen keeps its weights.
  for (const name of fresh.keys()) if (!found.parameters.has(name)) fresh.delete(name);
  const network = { ...found, parameters: new Map([...found.parameters, ...fresh]) };
  const teacher = needsTeacher(settings.loss) ? await openTeacher(job.teacher, scores, training) : undefined;
  const model = withWeights(stored, fresh);
  return { model, sha256, inspection, options, training, testing, network, scores, ...(teacher && { teacher }) };
}

/** Everything that one run of the step is fed beside its state. */
async function feedsOf(
  { network, training, teacher }: Opened,
  inputs: Inputs,
  { seed }: TrainSettings,
  indices: Uint32Array,
  epoch: number,
  run: number,
): Promise<Tensors> {
  return {
    [network.input]: await inputs.augmented(indices, seed + epoch),
    [fed.labels]: labelsOf(training, indices),
    ...drawMasks(network.masks, indices.length, seed, run),
    ...(teacher && { [fed.teacher]: await teacher.logits(inputs.images(indices, seed + epoch)) }),
  };
}

/** The model that is handed over differs from the one that came in by weights alone. */
function checkStructure(before: ModelProto, after: ModelProto, parameters: Parameters): void {
  const blank: Parameters = new Map();
  for (const [name, { dims, data }] of parameters) blank.set(name, float32(dims, new Float32Array(data.length)));
  const [a, b] = [before, after].map((model) => digest(serialiseModel(withWeights(model, blank))));
  if (a !== b) throw internal("training changed more than weights");
}
