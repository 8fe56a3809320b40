/** @file Training a bottleneck: first alone with the rest frozen, then, if wanted, everything end to end. */
import type { AutoencoderOptions } from "../study/index.ts";
import type { Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { indexGraph, nodesTowards, type Inspection } from "../onnx/index.ts";
import { elementBytes, sizeOf, type Tensor, type Tensors } from "../tensor/index.ts";
import {
  buildStep,
  drawMasks,
  meanSquareOf,
  oneAtATime,
  rowsOfRuns,
  train,
  trainableNetwork,
  withWeights,
  type Checkpoint,
  type EpochSummary,
  type NetworkOptions,
  type Objective,
  type Parameters,
  type TrainableNetwork,
  type TrainingStep,
  type TrainProgress,
} from "../training/index.ts";
import { featuresName, insertBottleneck } from "./insert.ts";
import { planAt } from "./plan-at.ts";
import type { BottleneckPlan } from "./plan.ts";
import { addLosses, arrivedName, drawArrived, rewire } from "./wire.ts";

export interface Bottleneck {
  tensor: string;
  plan: BottleneckPlan;
  /** The autoencoder's, and, after training end to end, the model's own under their names. */
  parameters: Parameters;
  history: { frozen: EpochSummary[]; joint: EpochSummary[] };
}

/** First with the rest frozen, then end to end. */
export type Phase = "frozen" | "joint";

/** What some images are fed as, and what the objective is fed with them. */
export interface Lesson {
  /** frozen: the cut tensor, computed by the unchanged head; joint: the model's input. */
  input: Tensor;
  /** joint, where the model has several inputs: all of them, by name. */
  beside?: Tensors;
  truths: Tensors;
}

export interface TrainingImages {
  count: number;
  objective: Objective;
  /** By phase, the lesson of these images; may be of augmented ones that differ by epoch. */
  lessons: Record<Phase, (indices: Uint32Array, epoch: number) => Lesson | Promise<Lesson>>;
}

export interface Phases {
  /** With what came before the phase: parameters, and epochs. */
  checkpoint?: { phase: Phase; at: Checkpoint; parameters: Parameters; frozen: EpochSummary[] };
  onCheckpoint?(checkpoint: NonNullable<Phases["checkpoint"]>): Promise<void>;
  onProgress?(phase: Phase, progress: TrainProgress): void;
  signal?: AbortSignal;
}

/** Weighs the reconstruction (relative to the tensor's own mean square) against the objective. */
const reconstructionWeight = 1;

/**
 * Trains the bottleneck at a legal cut; everything random comes from `seed`.
 *
 * Throws `InputError` ERR_BOTTLENECK, with the reason as its cause, where none can be built at this tensor: it holds no
 * numbers per image, it is too small, an operator on the way has no gradient. A study goes on without it then.
 */
export async function trainBottleneck(
  engine: Engine,
  inspection: Inspection,
  tensor: string,
  options: AutoencoderOptions,
  images: TrainingImages,
  seed: number,
  phases: Phases = {},
): Promise<Bottleneck> {
  const plan = planAt(inspection, tensor, options);
  const { whole, latent } = await buildable(tensor, () => insertBottleneck(engine, inspection, tensor, plan, seed));
  const { lossy } = options;
  const history: Bottleneck["history"] = { frozen: phases.checkpoint?.frozen ?? [], joint: [] };
  const { count, objective, lessons } = images;
  let parameters: Parameters = phases.checkpoint?.parameters ?? new Map();
  const run = async (phase: Phase, learningRate: number, part: Omit<NetworkOptions, "objective">): Promise<void> => {
    const before = parameters;
    const model = withWeights(whole.model, before);
    const current = { ...whole, model, index: indexGraph(model.graph!) };
    const { network, step, feeds, sizes } = await buildable(tensor, () => buildPhase(phase, current, part));
    const resumed = phases.checkpoint?.phase === phase ? phases.checkpoint.at : undefined;
    const { onProgress, onCheckpoint, signal } = phases;
    const frozen = history.frozen;
    const result = await train(engine, step, new Map([...network.parameters, ...before]), {
      epochs: options.epochs[phase],
      ...sizes,
      learningRate,
      seed,
      feeds,
      ...(signal && { signal }),
      ...(resumed && { checkpoint: resumed }),
      ...(onProgress && { onProgress: (progress) => onProgress(phase, progress) }),
      ...(onCheckpoint && { onCheckpoint: (at) => onCheckpoint({ phase, at, parameters: before, frozen }) }),
    });
    parameters = result.parameters;
    history[phase] = result.history;
  };
  const buildPhase = async (
    phase: Phase,
    whole: Inspection,
    part: Omit<NetworkOptions, "objective">,
  ): Promise<Built> => {
    const build = async (sizes: RunSizes): Promise<Built> => {
      const keepStatistics = phase === "joint" && sizes.batch < fewImages;
      const network = trainableNetwork(whole, {
        ...part,
        objective,
        keepStatistics,
        ...(lossy && {
          disturb(g) {
            rewire(g, latent, (z) => addLosses(g, z, plan.latent));
            return [];
          },
        }),
      });
      const feeds: Feeds = async (indices, epoch, run) => {
        const { input, beside, truths } = await lessons[phase](indices, epoch);
        const masks = drawMasks(network.masks, indices.length, seed, run);
        const lost = lossy && { [arrivedName]: drawArrived(plan.latent, lossy, indices.length, { seed, run }) };
        return { [network.input]: input, ...beside, ...truths, ...masks, ...lost };
      };
      const two = Uint32Array.from({ length: Math.min(2, count, sizes.batch) }, (_, i) => i);
      const accumulate = sizes.accumulate > 1;
      const example = await feeds(two, 0, 0);
      const step = await buildStep(engine, { ...network, example, accumulate, rows: rowsOfRuns(sizes) });
      return { network, step, feeds, sizes };
    };
    return build(runSizes(whole, part, images, options)).catch((error: unknown) => {
      const why = oneAtATime(error, inspection);
      const alone = plan.layers === "convolutions" && sizeOf(plan.latent.slice(1)) === 1;
      // The 1 is written into the operators. Of one image and one position there are no statistics.
      if (why === error || alone) throw why;
      return build({ count, batch: 1, accumulate: options.batch });
    });
  };

  if (phases.checkpoint?.phase !== "joint") {
    // Of a sample of the features, so that the reconstruction loss is relative.
    const sample = Uint32Array.from({ length: Math.min(64, images.count) }, (_, i) => i);
    const { input } = await lessons.frozen(sample, 0);
    const weight = reconstructionWeight / meanSquareOf(input.data as Float32Array);
    const terms = [{ between: [tensor, featuresName] as const, weight }];
    await run("frozen", options.learningRate, { from: featuresName, until: tensor, terms });
  }
  // The network is trained already, so it moves in small steps.
  if (options.epochs.joint > 0) await run("joint", options.learningRate / 10, {});
  return { tensor, plan, parameters, history };
}

type Feeds = (indices: Uint32Array, epoch: number, run: number) => Promise<Tensors>;

/** Images in all and of a run, and runs of a step. */
interface RunSizes {
  count: number;
  batch: number;
  accumulate: number;
}

interface Built {
  network: TrainableNetwork;
  step: TrainingStep;
  feeds: Feeds;
  sizes: RunSizes;
}

/** Most bytes of what a run of a step computes on its way forward; gradients need more than that again. */
const runBytes = 2 ** 27;
/** The model's own normalisations know better than the statistics of fewer images than this. */
const fewImages = 16;

/** A batch as one run, or as several equal ones where its tensors would fill memory. */
function runSizes(
  { index, seen, batch }: Inspection,
  { from }: Pick<NetworkOptions, "from">,
  { count, objective }: TrainingImages,
  { batch: whole }: AutoencoderOptions,
): RunSizes {
  const trained = nodesTowards(index, objective.decides);
  const before = nodesTowards(index, from === undefined ? [] : [from]);
  const made = index.nodes.flatMap(({ output }, i) => (trained[i] && !before[i] ? output : []));
  let bytes = 1;
  for (const name of made) {
    const found = seen.get(name);
    if (found) bytes += (elementBytes(found.type) * sizeOf(found.dims)) / (batch?.size ?? 1);
  }
  const most = Math.max(1, Math.floor(runBytes / bytes));
  let accumulate = 1;
  while (whole % accumulate !== 0 || whole / accumulate > most) accumulate++;
  return { count, batch: whole / accumulate, accumulate };
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
