/** @file SC: head and encoder on the capturing host, decoder and tail on the other. */
import { codingWork, datagramPayload, designName, segmentWork, type Design } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import type { Tensor } from "@split-et-impera/core/tensor";
import { calibratedCodec, codecs, whole, type Codec, type CodecParameters } from "@split-et-impera/core/wire";
import { batchSize, classify, hits, inBatches } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { withHoles } from "./holes.ts";
import type { Pieces } from "./pieces.ts";
import type { Arrived, Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** Both pieces loaded, and what they do with images of the test set. */
interface Loaded extends AsyncDisposable {
  encode(images: readonly number[]): Promise<Tensor<"float32">>;
  answers(value: Tensor<"float32">, images: readonly number[]): Promise<Uint8Array>;
}

async function loadPieces({ inspection, test, aim }: Subject, pieces: Pieces, { engine }: Context): Promise<Loaded> {
  const { head, tail } = pieces.models();
  const front = await engine.load(serialiseModel(head));
  const back = await engine.load(serialiseModel(tail)).catch(async (error: unknown) => {
    await front.release();
    throw error;
  });
  return {
    async encode(images) {
      const found = await front.run({ [inspection.input.name]: test.batch(images) }, [pieces.tensor]);
      return found[pieces.tensor] as Tensor<"float32">;
    },
    answers: async (value, images) =>
      hits(
        await classify(back, { name: pieces.tensor, value }, inspection.output.name, aim.binding.threshold),
        images.map((i) => test.label(i)),
      ),
    async [Symbol.asyncDispose]() {
      await front.release();
      await back.release();
    },
  };
}

interface SplitInput {
  subject: Subject;
  pieces: Pieces;
  codec: Codec<CodecParameters>;
}

/** Per test image, whether the two pieces with a codec between them are right. */
const splitStage: Stage<SplitInput, Uint8Array> = {
  name: "split",
  version: 1,
  key: ({ subject: { testKey }, pieces, codec }) => [pieces.key, codec.parameters, testKey],
  async run({ subject, pieces, codec }, context) {
    await using loaded = await loadPieces(subject, pieces, context);
    const { test, inspection } = subject;
    return inBatches(test.count, inspection.batch ? batchSize : 1, context.signal, async (images) => {
      const sent = await loaded.encode(images);
      return loaded.answers(codec.decode(whole(codec.encode(sent).bytes), sent.dims).tensor, images);
    });
  },
};

/** A split at a cut with a codec, over any transport. */
export async function prepareSplit(
  subject: Subject,
  design: Design,
  pieces: Pieces,
  context: Context,
): Promise<Prepared> {
  const { inspection, test, hosts } = subject;
  const { kind } = design.crossings[0]!.codec;
  const codec = calibratedCodec(kind, pieces.calibration);
  const { value: correct } = await runStage(splitStage, { subject, pieces, codec }, context);
  const bytesOf = ({ parameters, activations }: Pieces["memory"]["head"]): number => parameters + activations;
  return {
    design,
    name: designName(design),
    key: pieces.key,
    bytes: new Uint32Array(test.count).fill(codec.bytesFor([1, ...pieces.shape])),
    correct,
    exact: !pieces.bottleneck && codecs[codec.parameters.kind].lossless,
    memory: {
      [hosts.capturing]: bytesOf(pieces.memory.head),
      [hosts.other]: bytesOf(pieces.memory.tail),
    },
    works: worksOf(subject, design, pieces, codec),
    receive: (frames, running) => receive({ subject, pieces, codec }, frames, running),
    deploy() {
      const { head, tail } = pieces.models();
      const { input, output } = inspection;
      return {
        models: [
          {
            host: hosts.capturing,
            name: "head.onnx",
            bytes: serialiseModel(head),
            input: input.name,
            output: pieces.tensor,
          },
          {
            host: hosts.other,
            name: "tail.onnx",
            bytes: serialiseModel(tail),
            input: pieces.tensor,
            output: output.name,
          },
        ],
        wire: {
          tensor: pieces.tensor,
          shape: [1, ...pieces.shape],
          codec: codec.parameters,
          fill: { values: [...pieces.calibration.mean], axis: pieces.calibration.axis },
        },
      };
    },
  };
}

/** Head, tail and coding of one image. */
function worksOf({ inspection, test }: Subject, design: Design, pieces: Pieces, codec: Codec): TimedWork[] {
  const { tensor, memory, shape: key } = pieces;
  const input = test.batch([0]);
  const first = async ({ engine }: Context): Promise<Tensor<"float32">> => {
    const session = await engine.load(serialiseModel(pieces.models().head));
    try {
      return (await session.run({ [inspection.input.name]: input }, [tensor]))[tensor] as Tensor<"float32">;
    } finally {
      await session.release();
    }
  };
  const segment = (
    part: "head" | "tail",
    name: string,
    feed: string,
    output: string,
    fed: (context: Context) => Promise<Tensor>,
  ): TimedWork => ({
    name,
    key,
    bytes: memory[part].parameters,
    async open(context, calls) {
      const value = await fed(context);
      const session = await context.engine.load(serialiseModel(pieces.models()[part]));
      return {
        run: () => session.run({ [feed]: value }, [output]),
        call: calls.for(value),
        close: () => session.release(),
      };
    },
  });
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  const coding = (name: string | undefined, run: (one: Tensor<"float32">) => () => unknown): TimedWork[] =>
    name === undefined ? [] : [{ name, key, bytes: 0, open: async (context) => ({ run: run(await first(context)) }) }];
  return [
    segment("head", segmentWork(design, 0), inspection.input.name, tensor, () => Promise.resolve(input)),
    segment("tail", segmentWork(design, 1), tensor, inspection.output.name, first),
    ...coding(encode, (one) => () => codec.encode(one)),
    ...coding(decode, (one) => {
      const sent = whole(codec.encode(one).bytes);
      return () => codec.decode(sent, one.dims);
    }),
  ];
}

/** Per frame that arrived with holes, whether the tail is right all the same. */
async function receive(
  { subject, pieces, codec }: SplitInput,
  frames: readonly Arrived[],
  context: Context,
): Promise<Uint8Array> {
  await using loaded = await loadPieces(subject, pieces, context);
  const size = subject.inspection.batch ? batchSize : 1;
  const result = new Uint8Array(frames.length);
  for (let from = 0; from < frames.length; from += size) {
    context.signal.throwIfAborted();
    const part = frames.slice(from, from + size);
    const images = part.map(({ image }) => image);
    const sent = await loaded.encode(images);
    const [holed] = withHoles(
      [sent],
      part.map(({ missing }) => missing),
      datagramPayload,
      [{ codec, seen: pieces.calibration }],
    );
    result.set(await loaded.answers(holed!, images), from);
  }
  return result;
}
