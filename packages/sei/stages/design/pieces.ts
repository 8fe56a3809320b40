/** @file The two pieces of a model split at a cut, with or without a bottleneck, and what crosses between them. */
import {
  joinBottleneck,
  latentName,
  trainBottleneck,
  type Bottleneck,
  type Phases,
} from "@split-et-impera/core/bottleneck";
import { segmentMemory } from "@split-et-impera/core/cost";
import type { Cut } from "@split-et-impera/core/design";
import { indexGraph, observe, serialiseModel, splitSegments, type ModelProto } from "@split-et-impera/core/onnx";
import type { AutoencoderOptions, BottleneckOptions, PcaOptions } from "@split-et-impera/core/study";
import type { Tensors } from "@split-et-impera/core/tensor";
import type { Context, Kept, Stage } from "../context.ts";
import { scoreText } from "../score-text.ts";
import { keep, keyOf, recall, runStage } from "../run-stage.ts";
import { openStream } from "../stream.ts";
import { fitBottleneck } from "./fit-bottleneck.ts";
import { openLessons, parts } from "./lessons.ts";
import { createObserver, crossingOf, fedTo, type Sent } from "./sent.ts";
import type { Subject } from "./subject.ts";

export interface Pieces {
  cut: Cut;
  bottleneck?: { options: BottleneckOptions; trained: Bottleneck };
  /** The tensors on the wire, in the order of their bytes: those of the cut, or what a bottleneck makes of its one. */
  crossing: Sent[];
  /** Bytes of weights and activations of either piece, for one image, and of weights alone. */
  memory: Record<"head" | "tail", { parameters: number; activations: number }>;
  /** What the pieces depend on, for keys. */
  key: unknown;
  /** The two models, made when they are asked for. */
  models(): Record<"head" | "tail", ModelProto>;
}

/** Training images whose tensors set the quantiser's range and the fill values. */
export const calibrationImages = 256;

/**
 * Splits at a cut; with bottleneck options, trains one there first (or takes it from the store).
 * @param options only where the cut is of one tensor
 */
export async function makePieces(
  subject: Subject,
  cut: Cut,
  options: BottleneckOptions | undefined,
  context: Context,
): Promise<Kept<Pieces>> {
  const { inspection } = subject;
  const trained = options && (await makeBottleneck(subject, cut[0]!, options, context));
  const models = (): ReturnType<Pieces["models"]> => {
    if (trained) return joinBottleneck(inspection, trained.value.bottleneck);
    const [head, tail] = splitSegments(inspection, [cut]).models;
    return { head: head!, tail: tail! };
  };
  const names = trained ? [latentName] : cut;
  const key = [subject.modelHash, cut, trained?.value.key];
  const seen = await runStage(piecesStage, { subject, key, names, models, alike: options?.kind === "pca" }, context);
  const value: Pieces = {
    cut,
    crossing: seen.value.crossing,
    memory: seen.value.memory,
    key,
    models,
    ...(options && trained && { bottleneck: { options, trained: trained.value.bottleneck } }),
  };
  return { value, cached: seen.cached && (trained?.cached ?? true) };
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
  /** Of the tensors that cross. */
  names: readonly string[];
  /** Whether one step is right for all channels: coefficients of orthonormal vectors are in the tensor's own units. */
  alike: boolean;
}

/** What the tensors between two pieces look like over training images, in their order, and what the pieces need. */
const piecesStage: Stage<PiecesInput, Pick<Pieces, "crossing" | "memory">> = {
  name: "pieces",
  version: 3,
  key: ({ subject: { trainKey }, key }) => [key, trainKey],
  async run({ subject: { train }, names, models, alike }, { engine, signal }) {
    const { head, tail } = models();
    const session = await openStream(engine, serialiseModel(head), train);
    const run = (images: readonly number[]): Promise<Tensors> => {
      session.enter(images);
      return crossingOf(session, train.feeds(images), names);
    };
    try {
      const observer = createObserver(names, !alike);
      for (const part of parts(Math.min(calibrationImages, train.count), train.atOnce)) {
        signal.throwIfAborted();
        observer.add(await run(part), part.length);
      }
      const memoryOf = async (model: ModelProto, feeds: Tensors) =>
        segmentMemory(indexGraph(model.graph!), await observe(model, engine, feeds), 1);
      const memory = {
        head: await memoryOf(head, fedTo(session, train.feeds([0]))),
        tail: await memoryOf(tail, fedTo({ inputs: inputsOf(tail) }, { ...train.stream?.first, ...(await run([0])) })),
      };
      return { crossing: observer.result(), memory };
    } finally {
      await session.release();
    }
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

/** A bottleneck trained at a cut; stopped, it goes on from its last epoch. */
const bottleneckStage: Stage<BottleneckInput<AutoencoderOptions>, Bottleneck> = {
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
