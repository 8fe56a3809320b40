/** @file The pieces of a model split at one cut or several, with or without a bottleneck, and what crosses between them. */
import {
  joinBottleneck,
  latentName,
  planAt,
  trainBottleneck,
  type Bottleneck,
  type Phases,
} from "@split-et-impera/core/bottleneck";
import { segmentMemory } from "@split-et-impera/core/cost";
import type { Cut } from "@split-et-impera/core/design";
import { indexGraph, observe, splitSegments, type ModelProto } from "@split-et-impera/core/onnx";
import type { AutoencoderOptions, BottleneckOptions, PcaOptions } from "@split-et-impera/core/study";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Context, Kept, Stage } from "../context.ts";
import { scoreText } from "../score-text.ts";
import { keep, keyOf, recall, runStage } from "../run-stage.ts";
import { openChain } from "./chain.ts";
import { fitBottleneck } from "./fit-bottleneck.ts";
import { openLessons, parts, type Classroom } from "./lessons.ts";
import { createObserver, fedTo, type Sent } from "./sent.ts";
import type { Subject } from "./subject.ts";

export interface Pieces {
  /** Each behind the one before it. */
  cuts: readonly Cut[];
  /** Only where there is one cut. */
  bottleneck?: { options: BottleneckOptions; trained: Bottleneck };
  /** By cut, the tensors on the wire, in the order of their bytes: those of the cut, or what a bottleneck makes of its one. */
  crossings: readonly (readonly Sent[])[];
  /** Bytes of weights and activations of each piece, for one image, and of weights alone. */
  memory: readonly { parameters: number; activations: number }[];
  /** What the pieces depend on, for keys. */
  key: unknown;
  /** The models, made when they are asked for: one more than cuts. */
  models(): ModelProto[];
}

/** Training images whose tensors set the quantiser's range and the fill values. */
export const calibrationImages = 256;

/**
 * Splits at cuts; with bottleneck options, trains one there first (or takes it from the store).
 * @param options only where there is one cut, of one tensor
 */
export async function makePieces(
  subject: Subject,
  cuts: readonly Cut[],
  options: BottleneckOptions | undefined,
  context: Context,
): Promise<Kept<Pieces>> {
  const { inspection } = subject;
  const trained = options && (await makeBottleneck(subject, cuts[0]![0]!, options, context));
  const models = (): ModelProto[] => {
    if (!trained) return splitSegments(inspection, cuts).models;
    const { head, tail } = joinBottleneck(inspection, trained.value.bottleneck);
    return [head, tail];
  };
  const names = trained ? [[latentName]] : cuts;
  const key = [subject.modelHash, cuts, trained?.value.key];
  const seen = await runStage(piecesStage, { subject, key, names, models, alike: options?.kind === "pca" }, context);
  const value: Pieces = {
    cuts,
    ...seen.value,
    key,
    models,
    ...(options && trained && { bottleneck: { options, trained: trained.value.bottleneck } }),
  };
  return { value, cached: seen.cached && (trained?.cached ?? true) };
}

/**
 * Pieces with a bottleneck that nobody has trained: what they send and hold is what they will, if not what they say.
 * @throws InputError ERR_BOTTLENECK where there can be none
 */
export async function untrainedPieces(
  subject: Subject,
  cut: Cut,
  options: BottleneckOptions,
  context: Context,
): Promise<Pieces> {
  const { inspection, modelHash } = subject;
  const plan = planAt(inspection, cut[0]!, options);
  const fresh: Bottleneck = { tensor: cut[0]!, plan, parameters: new Map(), history: { frozen: [], joint: [] } };
  const models = (): ModelProto[] => {
    const { head, tail } = joinBottleneck(inspection, fresh);
    return [head, tail];
  };
  const key = [modelHash, cut, "untrained", plan];
  const input = { subject, key, names: [[latentName]], models, alike: options.kind === "pca", images: 1 };
  const seen = await runStage(piecesStage, input, context);
  return { cuts: [cut], ...seen.value, key, models };
}

/** One that is trained, or fitted; with what it depends on. */
async function makeBottleneck(
  subject: Subject,
  cut: string,
  options: BottleneckOptions,
  context: Context,
): Promise<Kept<{ bottleneck: Bottleneck; key: unknown }>> {
  const made = async <O extends BottleneckOptions>(stage: Stage<BottleneckInput<O>, Bottleneck>, own: O) => {
    const input = { subject, cut, options: own };
    const { value, cached } = await runStage(stage, input, context);
    return { value: { bottleneck: value, key: stage.key(input) }, cached };
  };
  return options.kind === "pca" ? made(linearStage, options) : made(bottleneckStage, options);
}

interface PiecesInput extends Pick<Pieces, "key" | "models"> {
  subject: Subject;
  /** Of the tensors that cross, by cut. */
  names: readonly (readonly string[])[];
  /** Whether one step is right for all channels: coefficients of orthonormal vectors are in the tensor's own units. */
  alike: boolean;
  /** Training images to look at, at most. Default: what calibration takes. */
  images?: number;
}

/** What the tensors between pieces look like over training images, in their order, and what the pieces need. */
const piecesStage: Stage<PiecesInput, Pick<Pieces, "crossings" | "memory">> = {
  name: "pieces",
  version: 4,
  key: ({ subject: { trainKey }, key }) => [key, trainKey],
  async run({ subject: { train }, names, models, alike, images = calibrationImages }, { engine, signal }) {
    const parted = models();
    const observers = names.map((some) => createObserver(some, !alike));
    await using chain = await openChain(engine, parted.slice(0, -1), names, train);
    const run = async (images: readonly number[]): Promise<Tensors[]> => {
      const crossed: Tensors[] = [];
      for (const k of names.keys())
        crossed.push(await chain.crossing(k, k === 0 ? train.feeds(images) : crossed[k - 1]!, images));
      return crossed;
    };
    for (const part of parts(Math.min(images, train.count), train.atOnce)) {
      signal.throwIfAborted();
      (await run(part)).forEach((sent, k) => observers[k]!.add(sent, part.length));
    }
    const one = await run([0]);
    const memory: Pieces["memory"][number][] = [];
    for (const [k, model] of parted.entries()) {
      const fed = k === 0 ? train.feeds([0]) : { ...train.stream?.first, ...one[k - 1] };
      const seen = await observe(model, engine, fedTo({ inputs: inputsOf(model) }, fed));
      memory.push(segmentMemory(indexGraph(model.graph!), seen, 1));
    }
    return { crossings: observers.map((observer) => observer.result()), memory };
  },
};

const inputsOf = ({ graph }: ModelProto): string[] => graph!.input.map(({ name }) => name);

interface BottleneckInput<O extends BottleneckOptions> {
  subject: Subject;
  cut: string;
  options: O;
}

/** A bottleneck fitted at a cut. */
const linearStage: Stage<BottleneckInput<PcaOptions>, Bottleneck> = {
  name: "linear-bottleneck",
  version: 1,
  key: ({ subject: { modelHash, trainKey }, cut, options }) => [modelHash, trainKey, cut, options],
  run: ({ subject: { inspection, train }, cut, options }, context) =>
    fitBottleneck({ inspection, train, cut, options }, context),
};

export interface TrainingInput {
  subject: Classroom & Pick<Subject, "modelHash" | "trainKey">;
  cut: string;
  options: AutoencoderOptions;
}

/** A bottleneck trained at a cut; stopped, it goes on from its last epoch. */
export const bottleneckStage: Stage<TrainingInput, Bottleneck> = {
  name: "bottleneck",
  version: 3,
  key: ({ subject: { modelHash, trainKey, study }, cut, options }) => [modelHash, trainKey, cut, options, study.seed],
  async run(input, context) {
    const { subject, cut, options } = input;
    const { inspection, study } = subject;
    const { engine, signal, store, update } = context;
    const at = keyOf({ name: "checkpoint", version: bottleneckStage.version }, bottleneckStage.key(input), context);
    await using images = await openLessons(input, context);
    const checkpoint = await recall<Phases["checkpoint"]>(at, context);
    const trained = await trainBottleneck(engine, inspection, cut, options, images, study.seed, {
      signal,
      ...(checkpoint && { checkpoint }),
      onCheckpoint: (reached) => keep(at, reached, context),
      onProgress: (phase, { epoch, epochs, secondsLeft, ...score }) =>
        update(`${phase} epoch ${epoch + 1}/${epochs}, ${scoreText(score)}, ${Math.ceil(secondsLeft)} s left`),
    });
    await store.remove(at);
    return trained;
  },
};
