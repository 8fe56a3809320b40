/** @file SC: head and encoder on the capturing host, decoder and tail on the other. */
import type { Evidence } from "@split-et-impera/core/task";
import { codingWork, designName, segmentWork, type Design, type TrainingResult } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import type { Tensor, Tensors } from "@split-et-impera/core/tensor";
import {
  calibratedCodec,
  codecs as codecRows,
  decodeMessage,
  encodeMessage,
  messageBytes,
  whole,
  type Codec,
  type CodecParameters,
  type MessagePart,
} from "@split-et-impera/core/wire";
import { batchSize, examine, inBatches } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { withHoles } from "./holes.ts";
import { crossingOf, type Pieces } from "./pieces.ts";
import type { Arrived, Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** Both pieces loaded, and what they do with images of the test set. */
interface Loaded extends AsyncDisposable {
  /** The tensors that cross, in their order. */
  encode(images: readonly number[]): Promise<Tensor<"float32">[]>;
  answers(sent: readonly Tensor<"float32">[], images: readonly number[]): Promise<Evidence[]>;
}

async function loadPieces({ inspection, test, exam }: Subject, pieces: Pieces, { engine }: Context): Promise<Loaded> {
  const { head, tail } = pieces.models();
  const names = namesOf(pieces);
  const front = await engine.load(serialiseModel(head));
  const back = await engine.load(serialiseModel(tail)).catch(async (error: unknown) => {
    await front.release();
    throw error;
  });
  return {
    async encode(images) {
      const found = await crossingOf(front, { [inspection.input.name]: test.batch(images) }, names);
      return names.map((name) => found[name] as Tensor<"float32">);
    },
    answers: (sent, images) =>
      examine(exam, back, Object.fromEntries(names.map((name, i) => [name, sent[i]!])), images),
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
  /** Of each tensor that crosses. */
  codecs: readonly Codec<CodecParameters>[];
}

/** Per test image, the answer of the two pieces with codecs between them, judged. */
const splitStage: Stage<SplitInput, Evidence[]> = {
  name: "split",
  version: 3,
  key: ({ subject: { testKey }, pieces, codecs }) => [pieces.key, codecs.map(({ parameters }) => parameters), testKey],
  async run({ subject, pieces, codecs }, context) {
    await using loaded = await loadPieces(subject, pieces, context);
    const { test, inspection } = subject;
    return inBatches(test.count, inspection.batch ? batchSize : 1, context.signal, async (images) => {
      const sent = await loaded.encode(images);
      const arrived = decodeMessage(partsOf(codecs, sent), whole(encodeMessage(codecs, sent).bytes));
      return loaded.answers(
        arrived.map(({ tensor }) => tensor),
        images,
      );
    });
  },
};

const partsOf = (codecs: readonly Codec[], tensors: readonly Tensor[]): MessagePart[] =>
  codecs.map((codec, i) => ({ codec, dims: tensors[i]!.dims }));

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
  const { inspection, test, exam, hosts } = subject;
  const { kind } = design.crossings[0]!.codec;
  const codecs = pieces.crossing.map(({ calibration }) => calibratedCodec(kind, calibration));
  const { value: clean } = await runStage(splitStage, { subject, pieces, codecs }, context);
  const expected = pieces.crossing.map(({ shape }, i) => ({ codec: codecs[i]!, dims: [1, ...shape] }));
  const bytesOf = ({ parameters, activations }: Pieces["memory"]["head"]): number => parameters + activations;
  return {
    design,
    name: designName(design),
    key: pieces.key,
    bytes: new Uint32Array(test.count).fill(messageBytes(expected)),
    clean,
    exact: !pieces.bottleneck && codecs.every(({ parameters }) => codecRows[parameters.kind].lossless),
    memory: {
      [hosts.capturing]: bytesOf(pieces.memory.head),
      [hosts.other]: bytesOf(pieces.memory.tail),
    },
    works: worksOf(subject, design, pieces, codecs),
    ...(pieces.bottleneck && { training: trainingOf(pieces.bottleneck) }),
    receive: (frames, running) => receive({ subject, pieces, codecs }, frames, running),
    deploy() {
      const { head, tail } = pieces.models();
      const { input } = inspection;
      return {
        models: [
          {
            host: hosts.capturing,
            name: "head.onnx",
            bytes: serialiseModel(head),
            inputs: [input.name],
            outputs: namesOf(pieces).filter((name) => name !== input.name),
          },
          {
            host: hosts.other,
            name: "tail.onnx",
            bytes: serialiseModel(tail),
            inputs: namesOf(pieces),
            outputs: [...exam.binding.outputs],
          },
        ],
        wire: pieces.crossing.map(({ name, shape, calibration }, i) => ({
          tensor: name,
          shape: [1, ...shape],
          codec: codecs[i]!.parameters,
          fill: { values: [...calibration.mean], axis: calibration.axis },
        })),
      };
    },
  };
}

/** Head, tail and coding of one image. */
function worksOf(
  { inspection, test, exam }: Subject,
  design: Design,
  pieces: Pieces,
  codecs: SplitInput["codecs"],
): TimedWork[] {
  const { memory, crossing } = pieces;
  const names = namesOf(pieces);
  const key = crossing.map(({ shape }) => shape);
  const fed = { [inspection.input.name]: test.batch([0]) };
  const first = async ({ engine }: Context): Promise<Tensors> => {
    const session = await engine.load(serialiseModel(pieces.models().head));
    try {
      return await crossingOf(session, fed, names);
    } finally {
      await session.release();
    }
  };
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
      const value = await feeds(context);
      const session = await context.engine.load(serialiseModel(pieces.models()[part]));
      return {
        run: () => session.run(value, outputs),
        call: calls.for(largestOf(value)),
        close: () => session.release(),
      };
    },
  });
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  const coding = (name: string | undefined, run: (sent: Tensor<"float32">[]) => () => unknown): TimedWork[] => {
    if (name === undefined) return [];
    const open = async (context: Context) => {
      const found = await first(context);
      return { run: run(names.map((one) => found[one] as Tensor<"float32">)) };
    };
    return [{ name, key, bytes: 0, open }];
  };
  const made = names.filter((name) => name !== inspection.input.name);
  return [
    segment("head", segmentWork(design, 0), made, () => Promise.resolve(fed)),
    segment("tail", segmentWork(design, 1), exam.binding.outputs, first),
    ...coding(encode, (sent) => () => encodeMessage(codecs, sent)),
    ...coding(decode, (sent) => {
      const arrived = whole(encodeMessage(codecs, sent).bytes);
      const parts = partsOf(codecs, sent);
      return () => decodeMessage(parts, arrived);
    }),
  ];
}

/** Of several tensors an empty call is that of the largest. */
const largestOf = (tensors: Tensors): Tensor =>
  Object.values(tensors).reduce((most, one) => (one.data.length > most.data.length ? one : most));

/** Per frame that arrived with holes, what the tail answers, judged. */
async function receive(
  { subject, pieces, codecs }: SplitInput,
  frames: readonly Arrived[],
  context: Context,
): Promise<Evidence[]> {
  await using loaded = await loadPieces(subject, pieces, context);
  const size = subject.inspection.batch ? batchSize : 1;
  const result: Evidence[] = [];
  for (let from = 0; from < frames.length; from += size) {
    context.signal.throwIfAborted();
    const part = frames.slice(from, from + size);
    const images = part.map(({ image }) => image);
    const sent = await loaded.encode(images);
    const holed = withHoles(
      sent,
      part.map(({ missing }) => missing),
      pieces.crossing.map(({ calibration }, i) => ({ codec: codecs[i]!, seen: calibration })),
    );
    result.push(...(await loaded.answers(holed, images)));
  }
  return result;
}
