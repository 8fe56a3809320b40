/** @file Training a bottleneck: first alone with the rest frozen, then, if wanted, everything end to end. */
import type { BottleneckOptions } from "../study/index.ts";
import type { Engine } from "../engine/index.ts";
import { InputError, internal } from "../errors/index.ts";
import {
  copyModel,
  createBuilder,
  makeNode,
  splitModel,
  valueInfo,
  type Inspection,
  type ModelProto,
} from "../onnx/index.ts";
import { logitsTensor } from "../saliency/index.ts";
import { int64, type Tensor, type Tensors } from "../tensor/index.ts";
import {
  buildStep,
  crossEntropy,
  meanSquaredError,
  rowsOfRuns,
  train,
  valuesOf,
  weightsTowards,
  type Checkpoint,
  type EpochSummary,
  type LayerContext,
  type Parameters,
  type TrainOptions,
  type TrainProgress,
  type TrainingStep,
} from "../training/index.ts";
import { addDecoder, addEncoder } from "./autoencoder.ts";
import { planBottleneck, type BottleneckPlan } from "./plan.ts";

export interface Bottleneck {
  tensor: string;
  plan: BottleneckPlan;
  /** The autoencoder's, and, after training end to end, the model's own under their names. */
  parameters: Parameters;
  history: { frozen: EpochSummary[]; joint: EpochSummary[] };
}

export interface TrainingImages {
  count: number;
  label(index: number): number;
  /** The cut tensor of these images, computed by the unchanged head; may be of augmented ones that differ by epoch. */
  features(indices: Uint32Array, epoch: number): Tensor;
  /** The model's input for these images, for the joint phase; may be augmented with `epoch` as seed. */
  inputs(indices: Uint32Array, epoch: number): Tensor;
}

export interface Phases {
  checkpoint?: { phase: "frozen" | "joint"; at: Checkpoint; frozen: EpochSummary[] };
  onCheckpoint?(checkpoint: NonNullable<Phases["checkpoint"]>): Promise<void>;
  onProgress?(phase: "frozen" | "joint", progress: TrainProgress): void;
  signal?: AbortSignal;
}

/** Names of what the training graphs are fed. No model's own names begin like this. */
const fed = {
  features: "bottleneck/features",
  labels: "bottleneck/labels",
  scale: "bottleneck/reconstruction-scale",
};

/** Weighs the reconstruction (relative to the tensor's own variance) against the cross-entropy. */
const reconstructionWeight = 1;

/** Trains the bottleneck at a legal cut; everything random comes from `seed`. */
export async function trainBottleneck(
  engine: Engine,
  inspection: Inspection,
  tensor: string,
  options: BottleneckOptions,
  images: TrainingImages,
  seed: number,
  phases: Phases = {},
): Promise<Bottleneck> {
  const cut = inspection.cuts.find(({ tensors }) => tensors[0] === tensor);
  if (!cut) throw internal(`"${tensor}" is no legal cut`);
  const taken = [...inspection.seen.keys()].find((name) => name.startsWith("bottleneck/"));
  if (taken !== undefined) {
    throw new InputError(
      "ERR_BOTTLENECK",
      `the model has a tensor "${taken}": names that begin with "bottleneck/" are those of a trained bottleneck`,
    );
  }
  const plan = planBottleneck(cut.shape, options.compression);
  let parameters: Parameters = new Map();
  const history: Bottleneck["history"] = { frozen: phases.checkpoint?.frozen ?? [], joint: [] };
  const labels = (indices: Uint32Array): Tensor =>
    int64(
      [indices.length],
      Array.from(indices, (i) => images.label(i)),
    );
  const run = async (
    phase: "frozen" | "joint",
    step: TrainingStep,
    epochs: number,
    learningRate: number,
    feeds: TrainOptions["feeds"],
  ): Promise<void> => {
    const resumed = phases.checkpoint?.phase === phase ? phases.checkpoint.at : undefined;
    const { onProgress, onCheckpoint, signal } = phases;
    const frozen = history.frozen;
    const result = await train(engine, step, parameters, {
      epochs,
      batch: options.batch,
      learningRate,
      seed,
      count: images.count,
      feeds,
      ...(signal && { signal }),
      ...(resumed && { checkpoint: resumed }),
      ...(onProgress && { onProgress: (progress) => onProgress(phase, progress) }),
      ...(onCheckpoint && { onCheckpoint: (at) => onCheckpoint({ phase, at, frozen }) }),
    });
    parameters = result.parameters;
    history[phase] = result.history;
  };

  const frozenGraph = buildFrozen(inspection, tensor, plan, seed, parameters);
  const two = Uint32Array.of(0, Math.min(1, images.count - 1));
  const build = (graph: ForwardGraph, example: Tensors): Promise<TrainingStep> =>
    buildStep(engine, { ...graph, example, rows: rowsOfRuns({ batch: options.batch, count: images.count }) }).catch(
      (error: unknown) => {
        throw inspection.batch ? error : oneAtATime(tensor, error);
      },
    );
  if (phases.checkpoint?.phase !== "joint") {
    const scale = { type: "float32", dims: [], data: Float32Array.of(1 / variance(images)) } as const;
    const feeds = (indices: Uint32Array, epoch: number): Tensors => ({
      [fed.features]: images.features(indices, epoch),
      [fed.labels]: labels(indices),
      [fed.scale]: scale,
    });
    const step = await build(frozenGraph, feeds(two, 0));
    await run("frozen", step, options.epochs.frozen, options.learningRate, feeds);
  }
  if (options.epochs.joint > 0) {
    const graph = buildJoint(inspection, tensor, plan, seed, parameters);
    const feeds = (indices: Uint32Array, epoch: number): Tensors => ({
      [inspection.input.name]: images.inputs(indices, epoch),
      [fed.labels]: labels(indices),
    });
    const step = await build(graph, feeds(two, 0));
    // The network is trained already, so it moves in small steps.
    await run("joint", step, options.epochs.joint, options.learningRate / 10, feeds);
  }
  return { tensor, plan, parameters, history };
}

/** A model for one image at a time trains all the same, unless the 1 is written into its operators. */
function oneAtATime(tensor: string, cause: unknown): unknown {
  if (!(cause instanceof InputError) || !cause.code.startsWith("ERR_MODEL")) return cause;
  return new InputError(
    "ERR_BOTTLENECK",
    `no bottleneck can be trained at "${tensor}": the model takes one image at a time (${cause.message}); ` +
      "export it with a free batch, or try no bottlenecks",
    { cause },
  );
}

interface ForwardGraph {
  forward: ModelProto;
  loss: string;
  metrics: string[];
  trained: string[];
  updates: Map<string, string>;
}

/** features -> encoder -> decoder -> frozen tail; cross-entropy plus relative reconstruction error. */
function buildFrozen(
  inspection: Inspection,
  tensor: string,
  plan: BottleneckPlan,
  seed: number,
  parameters: Parameters,
): ForwardGraph {
  const model = copyModel(splitModel(inspection, tensor).tail);
  model.graph!.input = [];
  model.graph!.valueInfo = [];
  const g = createBuilder(model);
  const c: LayerContext = { g, parameters, seed, mode: "train", updates: new Map() };
  g.input(fed.features, "float32", ["batch", ...plan.shape]);
  g.input(fed.labels, "int64", ["batch"]);
  g.input(fed.scale, "float32", []);
  const decoded = addDecoder(c, addEncoder(c, fed.features, plan), plan);
  g.opAs(tensor, "Identity", [decoded]);
  const { loss, correct } = classLoss(c, inspection);
  const gap = meanSquaredError(g, decoded, fed.features, 4);
  const relative = g.op("Mul", [g.op("Mul", [gap, fed.scale]), g.scalar(reconstructionWeight)]);
  return finish(c, g.op("Add", [loss, relative]), correct, []);
}

/** input -> head -> encoder -> decoder -> tail, all trained. */
function buildJoint(
  inspection: Inspection,
  tensor: string,
  plan: BottleneckPlan,
  seed: number,
  parameters: Parameters,
): ForwardGraph {
  const model = copyModel(inspection.model);
  const own = [...weightsTowards(inspection).keys()].filter((name) => inspection.index.initialisers.has(name));
  for (const [name, value] of valuesOf(model, own)) if (!parameters.has(name)) parameters.set(name, value);
  const { name, shape } = inspection.input;
  model.graph!.input = model.graph!.input.map((info) =>
    info.name === name ? valueInfo(name, "float32", ["batch", ...shape]) : info,
  );
  model.graph!.valueInfo = [];
  const g = createBuilder(model);
  g.input(fed.labels, "int64", ["batch"]);
  const c: LayerContext = { g, parameters, seed, mode: "train", updates: new Map() };
  // The decoder's result takes the tensor's name, so that all its readers read it, bodies of control flow too.
  for (const node of model.graph!.node) {
    node.output = node.output.map((name) => (name === tensor ? fed.features : name));
  }
  const decoded = addDecoder(c, addEncoder(c, fed.features, plan), plan);
  model.graph!.node.push(makeNode("Identity", [decoded], [tensor]));
  const { loss, correct } = classLoss(c, inspection);
  return finish(c, loss, correct, own);
}

function classLoss(c: LayerContext, inspection: Inspection): { loss: string; correct: string } {
  const logits = logitsTensor(inspection);
  const classes = inspection.seen.get(logits)!.dims[1]!;
  return crossEntropy(c.g, c.g.op("Flatten", [logits]), fed.labels, classes);
}

function finish(
  { g, parameters, updates }: LayerContext,
  loss: string,
  correct: string,
  own: readonly string[],
): ForwardGraph {
  g.model.graph!.output = [];
  g.output(loss);
  g.output(correct);
  const trained = [...parameters.keys()].filter((name) => name.startsWith("bottleneck/") && !updates.has(name));
  return { forward: g.model, loss, metrics: [correct], trained: [...trained, ...own], updates };
}

/** Mean square of a sample of features, so that the reconstruction loss is relative. */
function variance(images: TrainingImages): number {
  const sample = images.features(
    Uint32Array.from({ length: Math.min(64, images.count) }, (_, i) => i),
    0,
  );
  const data = sample.data as Float32Array;
  let sum = 0;
  for (const value of data) sum += value * value;
  return Math.max(sum / data.length, 1e-12);
}
