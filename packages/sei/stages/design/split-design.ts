/** @file SC: the model in pieces over hosts in a row, each with a decoder before it and an encoder behind it. */
import type { Evidence } from "@split-et-impera/core/task";
import {
  bottleneckSpec,
  codingWork,
  designName,
  segmentWork,
  type Design,
  type Segment,
  type TrainingResult,
} from "@split-et-impera/core/design";
import { wholeWork } from "@split-et-impera/core/cost";
import { serialiseModel } from "@split-et-impera/core/onnx";
import type { ConcealmentKind } from "@split-et-impera/core/wire";
import type { Tensors } from "@split-et-impera/core/tensor";
import { examine, inBatches } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { openChain } from "./chain.ts";
import type { Pieces } from "./pieces.ts";
import type { Arrived, DesignFiles, Prepared, SentCapture } from "./prepared.ts";
import {
  bytesOfSamples,
  carriedOver,
  codedKey,
  codedBy,
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

/** All pieces loaded, and what they do with images of the test set. */
interface Loaded extends AsyncDisposable {
  /** The tensors that cross behind piece `k` that is fed these. */
  crossing(k: number, fed: Tensors, images: readonly number[]): Promise<Tensors>;
  /** Of the last piece. */
  answers(arrived: Tensors, images: readonly number[]): Promise<Evidence[]>;
}

export async function loadPieces(
  { test, exam }: Pick<Subject, "test" | "exam">,
  pieces: Pieces,
  { engine }: Context,
): Promise<Loaded> {
  const chain = await openChain(engine, pieces.models(), namesOf(pieces), test);
  const back = chain.sessions.at(-1)!;
  return {
    crossing: (k, fed, images) => chain.crossing(k, fed, images),
    answers(arrived, images) {
      back.enter(images);
      return examine(exam, back, fedTo(back, { ...test.stream?.first, ...arrived }), images);
    },
    [Symbol.asyncDispose]: () => chain[Symbol.asyncDispose](),
  };
}

const namesOf = ({ crossings }: Pieces): string[][] => crossings.map((sent) => sent.map(({ name }) => name));

export interface SplitInput {
  subject: Subject;
  pieces: Pieces;
  /** By cut. */
  coded: readonly Coded[];
  /** How what was captured comes to the first piece; absent: it is there. */
  capture?: SentCapture;
}

interface Split {
  /** Per test image, the answer of the pieces with codecs between them, judged. */
  clean: Evidence[];
  /** By cut, bytes of each image's message. */
  bytes: Uint32Array[];
}

const splitStage: Stage<SplitInput, Split> = {
  name: "split",
  version: 5,
  key: ({ subject: { testKey }, pieces, coded, capture }) => [pieces.key, coded.map(codedKey), testKey, capture?.key],
  async run({ subject, pieces, coded, capture }, context) {
    await using loaded = await loadPieces(subject, pieces, context);
    const { count, atOnce } = subject.test;
    const bytes = coded.map(() => new Uint32Array(count));
    const clean = await inBatches(count, atOnce, context.signal, (images) =>
      answersThrough(loaded, { subject, coded, ...(capture && { capture }) }, images, (k, sent) =>
        bytesOfSamples(coded[k]!, sent, images.length).forEach((length, i) => (bytes[k]![images[i]!] = length)),
      ),
    );
    return { clean, bytes };
  },
};

/**
 * What the pieces answer to test images with codecs between them, judged.
 * @param onCrossing told what crosses each cut
 */
export async function answersThrough(
  loaded: Loaded,
  { subject: { test }, coded, capture }: Pick<SplitInput, "subject" | "coded" | "capture">,
  images: readonly number[],
  onCrossing: (k: number, sent: Tensors) => void = () => undefined,
): Promise<Evidence[]> {
  let arrived = capture ? await capture.arrived(images) : test.feeds(images);
  for (const [k, one] of coded.entries()) {
    const sent = await loaded.crossing(k, arrived, images);
    onCrossing(k, sent);
    arrived = carriedOver(one, sent);
  }
  return loaded.answers(arrived, images);
}

function trainingOf({ options, trained }: NonNullable<Pieces["bottleneck"]>): TrainingResult {
  const { frozen, joint } = trained.history;
  return {
    cut: trained.tensor,
    ...bottleneckSpec(options),
    epochs: [
      ...frozen.map((epoch) => ({ phase: "frozen" as const, ...epoch })),
      ...joint.map((epoch) => ({ phase: "joint" as const, ...epoch })),
    ],
  };
}

/** What crosses each cut as a design codes it. */
export function codedFor({ study }: Subject, { crossings }: Design, pieces: Pieces): Coded[] {
  return pieces.crossings.map((sent, k) => {
    const { codec } = crossings.find(({ after }) => after === k)!;
    return codedBy(codec, sent, study.explore);
  });
}

/**
 * A split at cuts with a codec for all that crosses each of them, over any transport.
 * @param capture how what was captured comes to the first piece, where that is not the host that captures
 */
export async function prepareSplit(
  subject: Subject,
  design: Design,
  pieces: Pieces,
  context: Context,
  capture?: SentCapture,
): Promise<Prepared> {
  const { segments } = design;
  const coded = codedFor(subject, design, pieces);
  const input = { subject, pieces, coded, ...(capture && { capture }) };
  const { value: split } = await runStage(splitStage, input, context);
  return {
    design,
    name: designName(design),
    key: capture ? [pieces.key, capture.key] : pieces.key,
    clean: split.clean,
    bytes: [...(capture ? [capture.bytes] : []), ...split.bytes],
    exact: !pieces.bottleneck && coded.every(isExact) && (capture?.exact ?? true),
    memory: memoryOf(subject, segments, pieces, capture),
    works: [...(capture?.works ?? []), ...worksOf(subject, design, pieces, coded)],
    ...(pieces.bottleneck?.options.kind !== "pca" && pieces.bottleneck && { training: trainingOf(pieces.bottleneck) }),
    receive: (frames, running, concealment) => receive(input, frames, running, concealment),
    deploy: () => ({
      models: pieceFiles(
        subject,
        pieces,
        segments.map(({ host }) => host),
      ),
      wires: [...(capture ? [capture.wire] : []), ...coded.map(wireOf)],
    }),
  };
}

export function memoryOf(
  { hosts }: Subject,
  segments: readonly Segment[],
  { memory }: Pieces,
  capture: SentCapture | undefined,
): Prepared["memory"] {
  const needed: Prepared["memory"] = capture ? { [hosts.capturing]: capture.memory } : {};
  for (const [k, { host }] of segments.entries()) {
    const { parameters, activations } = memory[k]!;
    needed[host] = (needed[host] ?? 0) + parameters + activations;
  }
  return needed;
}

/** The files of the pieces on these hosts; of fewer hosts the first ones. */
export function pieceFiles({ test, exam }: Subject, pieces: Pieces, hosts: readonly string[]): DesignFiles["models"] {
  const models = pieces.models();
  const names = namesOf(pieces);
  const fed = Object.keys(test.fed);
  const state = (test.stream?.state ?? []).map(({ input }) => input);
  const last = models.length - 1;
  return hosts.map((host, k) => {
    const taken = models[k]!.graph!.input.map(({ name }) => name).filter((name) => !state.includes(name));
    return {
      host,
      name: `${pieceName(k, models.length)}.onnx`,
      bytes: serialiseModel(models[k]!),
      inputs: k === last ? names[k - 1]! : taken,
      outputs: k === last ? [...exam.binding.outputs] : names[k]!.filter((name) => !fed.includes(name)),
    };
  });
}

/** `head`, `middle`, `tail`; of several middles `middle-1`. */
function pieceName(k: number, of: number): string {
  if (k === 0) return "head";
  if (k === of - 1) return "tail";
  return of === 3 ? "middle" : `middle-${k}`;
}

/** What crosses each cut for one image, before it is coded. */
async function firstCrossings({ test }: Subject, pieces: Pieces, { engine }: Context): Promise<Tensors[]> {
  await using chain = await openChain(engine, pieces.models().slice(0, -1), namesOf(pieces), test);
  const crossed: Tensors[] = [];
  for (const k of pieces.crossings.keys())
    crossed.push(await chain.crossing(k, k === 0 ? test.feeds([0]) : crossed[k - 1]!, [0]));
  return crossed;
}

/** Every piece on one image; of a design that runs the whole model behind the first, that one alone. */
export function partWorks(subject: Subject, design: Design, pieces: Pieces): TimedWork[] {
  const { test, exam } = subject;
  const { memory, crossings } = pieces;
  const fed = test.feeds([0]);
  const names = namesOf(pieces);
  return memory.flatMap(({ parameters }, k): TimedWork[] => {
    const name = segmentWork(design, k);
    if (name === wholeWork) return [];
    const made = names[k]?.filter((one) => !Object.hasOwn(fed, one)) ?? exam.binding.outputs;
    return [
      {
        name,
        key: crossings.slice(Math.max(0, k - 1), k + 1).map((sent) => sent.map(({ dims }) => dims)),
        bytes: parameters,
        async open(context, calls) {
          const known = k === 0 ? fed : (await firstCrossings(subject, pieces, context))[k - 1]!;
          const session = await context.engine.load(serialiseModel(pieces.models()[k]!));
          const value = fedTo(session, { ...test.stream?.first, ...known });
          return {
            run: () => session.run(value, made),
            call: calls.for(largestOf(value)),
            close: () => session.release(),
          };
        },
      },
    ];
  });
}

/** Pieces and coding of one image. */
function worksOf(subject: Subject, design: Design, pieces: Pieces, coded: readonly Coded[]): TimedWork[] {
  const coding = coded.flatMap((one, k): TimedWork[] => {
    const key = pieces.crossings[k]!.map(({ dims }) => dims);
    const { encode, decode } = codingWork(
      design,
      design.crossings.find(({ after }) => after === k)!,
    );
    const work = (name: string | undefined, run: (sent: Tensors) => () => unknown): TimedWork[] => {
      if (name === undefined) return [];
      const open = async (context: Context) => ({ run: run((await firstCrossings(subject, pieces, context))[k]!) });
      return [{ name, key, bytes: 0, open }];
    };
    return [
      ...work(encode, (sent) => () => encoded(one, sent)),
      ...work(decode, (sent) => {
        const message = encoded(one, sent);
        return () => decoded(one, message, key);
      }),
    ];
  });
  return [...partWorks(subject, design, pieces), ...coding];
}

/** Per frame that arrived with holes, what the last piece answers, judged. */
async function receive(
  { subject, pieces, coded, capture }: SplitInput,
  frames: readonly Arrived[],
  context: Context,
  concealment: ConcealmentKind | undefined,
): Promise<(Evidence | null)[]> {
  await using loaded = await loadPieces(subject, pieces, context);
  const { test } = subject;
  const size = test.atOnce;
  const result = frames.map((): Evidence | null => null);
  const rows = capture ? await capture.readable(frames) : [...frames.keys()];
  for (let from = 0; from < rows.length; from += size) {
    context.signal.throwIfAborted();
    const part = rows.slice(from, from + size).map((row) => frames[row]!);
    const images = part.map(({ image }) => image);
    let arrived = capture ? await capture.holed(part, concealment) : test.feeds(images);
    for (const [k, one] of coded.entries()) {
      const missing = part.map((frame) => frame.missing[capture ? k + 1 : k]!);
      arrived = holed(one, await loaded.crossing(k, arrived, images), missing, concealment);
    }
    (await loaded.answers(arrived, images)).forEach((said, i) => (result[rows[from + i]!] = said));
  }
  return result;
}
