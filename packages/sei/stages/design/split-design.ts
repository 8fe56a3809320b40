/** @file SC: head and encoder on the capturing host, decoder and tail on the other. */
import type { Evidence } from "@split-et-impera/core/task";
import { codingWork, designName, segmentWork, type Design, type TrainingResult } from "@split-et-impera/core/design";
import { wholeWork } from "@split-et-impera/core/cost";
import { serialiseModel } from "@split-et-impera/core/onnx";
import type { ConcealmentKind } from "@split-et-impera/core/wire";
import type { Tensors } from "@split-et-impera/core/tensor";
import { examine, inBatches } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { openStream } from "../stream.ts";
import type { Pieces } from "./pieces.ts";
import type { Arrived, DesignFiles, Prepared } from "./prepared.ts";
import {
  bytesOfSamples,
  carriedOver,
  codedKey,
  codedBy,
  crossingOf,
  decoded,
  encoded,
  fedTo,
  holed,
  isExact,
  largestOf,
  wireOf,
  type Coded,
} from "./sent.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** Both pieces loaded, and what they do with images of the test set. */
interface Loaded extends AsyncDisposable {
  /** The tensors that cross. */
  head(images: readonly number[]): Promise<Tensors>;
  answers(arrived: Tensors, images: readonly number[]): Promise<Evidence[]>;
}

export async function loadPieces(
  { test, exam }: Pick<Subject, "test" | "exam">,
  pieces: Pieces,
  { engine }: Context,
): Promise<Loaded> {
  const { head, tail } = pieces.models();
  const names = namesOf(pieces);
  const front = await openStream(engine, serialiseModel(head), test);
  const back = await openStream(engine, serialiseModel(tail), test).catch(async (error: unknown) => {
    await front.release();
    throw error;
  });
  return {
    head(images) {
      front.enter(images);
      return crossingOf(front, test.feeds(images), names);
    },
    answers(arrived, images) {
      back.enter(images);
      return examine(exam, back, fedTo(back, { ...test.stream?.first, ...arrived }), images);
    },
    async [Symbol.asyncDispose]() {
      await front.release();
      await back.release();
    },
  };
}

const namesOf = ({ crossing }: Pieces): string[] => crossing.map(({ name }) => name);

interface SplitInput {
  subject: Subject;
  pieces: Pieces;
  coded: Coded;
}

interface Split {
  /** Per test image, the answer of the two pieces with codecs between them, judged. */
  clean: Evidence[];
  /** Bytes of each image's message. */
  bytes: Uint32Array;
}

const splitStage: Stage<SplitInput, Split> = {
  name: "split",
  version: 4,
  key: ({ subject: { testKey }, pieces, coded }) => [pieces.key, codedKey(coded), testKey],
  async run({ subject, pieces, coded }, context) {
    await using loaded = await loadPieces(subject, pieces, context);
    const { test } = subject;
    const bytes = new Uint32Array(test.count);
    const clean = await inBatches(test.count, test.atOnce, context.signal, async (images) => {
      const sent = await loaded.head(images);
      bytesOfSamples(coded, sent, images.length).forEach((length, i) => (bytes[images[i]!] = length));
      return loaded.answers(carriedOver(coded, sent), images);
    });
    return { clean, bytes };
  },
};

function trainingOf({ options, trained }: NonNullable<Pieces["bottleneck"]>): TrainingResult {
  const { frozen, joint } = trained.history;
  return {
    cut: trained.tensor,
    compression: options.compression,
    epochs: [
      ...frozen.map((epoch) => ({ phase: "frozen" as const, ...epoch })),
      ...joint.map((epoch) => ({ phase: "joint" as const, ...epoch })),
    ],
  };
}

/** A split at a cut with a codec for all that crosses, over any transport. */
export async function prepareSplit(
  subject: Subject,
  design: Design,
  pieces: Pieces,
  context: Context,
): Promise<Prepared> {
  const { hosts } = subject;
  const coded = codedBy(design.crossings[0]!.codec, pieces.crossing, subject.study.explore);
  const { value: split } = await runStage(splitStage, { subject, pieces, coded }, context);
  const bytesOf = ({ parameters, activations }: Pieces["memory"]["head"]): number => parameters + activations;
  return {
    design,
    name: designName(design),
    key: pieces.key,
    ...split,
    exact: !pieces.bottleneck && isExact(coded),
    memory: {
      [hosts.capturing]: bytesOf(pieces.memory.head),
      [hosts.other]: bytesOf(pieces.memory.tail),
    },
    works: worksOf(subject, design, pieces, coded),
    ...(pieces.bottleneck?.options.kind !== "pca" && pieces.bottleneck && { training: trainingOf(pieces.bottleneck) }),
    receive: (frames, running, concealment) => receive({ subject, pieces, coded }, frames, running, concealment),
    deploy: () => ({ models: pieceFiles(subject, pieces, hosts.other), wire: wireOf(coded) }),
  };
}

/** The files of both pieces. */
export function pieceFiles({ test, exam, hosts }: Subject, pieces: Pieces, tailHost: string): DesignFiles["models"] {
  const { head, tail } = pieces.models();
  const fed = Object.keys(test.fed);
  const state = (test.stream?.state ?? []).map(({ input }) => input);
  return [
    {
      host: hosts.capturing,
      name: "head.onnx",
      bytes: serialiseModel(head),
      inputs: head.graph!.input.map(({ name }) => name).filter((name) => !state.includes(name)),
      outputs: namesOf(pieces).filter((name) => !fed.includes(name)),
    },
    {
      host: tailHost,
      name: "tail.onnx",
      bytes: serialiseModel(tail),
      inputs: namesOf(pieces),
      outputs: [...exam.binding.outputs],
    },
  ];
}

/** What the tail is fed with for one image. */
async function firstCrossing({ test }: Subject, pieces: Pieces, { engine }: Context): Promise<Tensors> {
  const session = await engine.load(serialiseModel(pieces.models().head));
  try {
    return await crossingOf(session, test.feeds([0]), namesOf(pieces));
  } finally {
    await session.release();
  }
}

/** Head and tail of one image; of a design that runs both, or the head alone. */
export function partWorks(subject: Subject, design: Design, pieces: Pieces): TimedWork[] {
  const { test, exam } = subject;
  const { memory, crossing } = pieces;
  const key = crossing.map(({ dims }) => dims);
  const fed = test.feeds([0]);
  const segment = (
    part: "head" | "tail",
    name: string,
    outputs: readonly string[],
    feeds: (context: Context) => Promise<Tensors>,
  ): TimedWork => ({
    name,
    key,
    bytes: memory[part].parameters,
    async open(context, calls) {
      const known = await feeds(context);
      const session = await context.engine.load(serialiseModel(pieces.models()[part]));
      const value = fedTo(session, { ...test.stream?.first, ...known });
      return {
        run: () => session.run(value, outputs),
        call: calls.for(largestOf(value)),
        close: () => session.release(),
      };
    },
  });
  const made = namesOf(pieces).filter((name) => !Object.hasOwn(fed, name));
  const tail = segmentWork(design, 1);
  return [
    segment("head", segmentWork(design, 0), made, () => Promise.resolve(fed)),
    ...(tail === wholeWork
      ? []
      : [segment("tail", tail, exam.binding.outputs, (context) => firstCrossing(subject, pieces, context))]),
  ];
}

/** Head, tail and coding of one image. */
function worksOf(subject: Subject, design: Design, pieces: Pieces, coded: Coded): TimedWork[] {
  const key = pieces.crossing.map(({ dims }) => dims);
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  const coding = (name: string | undefined, run: (sent: Tensors) => () => unknown): TimedWork[] => {
    if (name === undefined) return [];
    const open = async (context: Context) => ({ run: run(await firstCrossing(subject, pieces, context)) });
    return [{ name, key, bytes: 0, open }];
  };
  return [
    ...partWorks(subject, design, pieces),
    ...coding(encode, (sent) => () => encoded(coded, sent)),
    ...coding(decode, (sent) => {
      const message = encoded(coded, sent);
      return () => decoded(coded, message, key);
    }),
  ];
}

/** Per frame that arrived with holes, what the tail answers, judged. */
async function receive(
  { subject, pieces, coded }: SplitInput,
  frames: readonly Arrived[],
  context: Context,
  concealment: ConcealmentKind | undefined,
): Promise<Evidence[]> {
  await using loaded = await loadPieces(subject, pieces, context);
  const size = subject.test.atOnce;
  const result: Evidence[] = [];
  for (let from = 0; from < frames.length; from += size) {
    context.signal.throwIfAborted();
    const part = frames.slice(from, from + size);
    const images = part.map(({ image }) => image);
    const missing = part.map((one) => one.missing);
    const arrived = holed(coded, await loaded.head(images), missing, concealment);
    result.push(...(await loaded.answers(arrived, images)));
  }
  return result;
}
