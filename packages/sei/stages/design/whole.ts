/** @file LC and RC: the whole model on one host. */
import type { Evidence } from "@split-et-impera/core/task";
import { codingWork, designName, localDesign, type Design, type Segment } from "@split-et-impera/core/design";
import { segmentMemory, wholeWork } from "@split-et-impera/core/cost";
import { internal } from "@split-et-impera/core/errors";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { isPictureInput, type RemoteInput } from "@split-et-impera/core/study";
import type { Tensors } from "@split-et-impera/core/tensor";
import { decodeImage, encodeImage, meanPixel, receiveImage, type ImageFormat } from "../../data/images.ts";
import { mapBounded } from "../../data/parallel.ts";
import { imageBatch, type Dataset } from "../../data/index.ts";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { openStream } from "../stream.ts";
import { examine, inBatches } from "../answers/index.ts";
import { picturesWork } from "../measure/index.ts";
import type { Arrived, DesignFiles, Prepared, SentCapture } from "./prepared.ts";
import { prepareTensor, type WholeThere } from "./remote-tensor.ts";
import { largestOf } from "./sent.ts";
import { endsOfModel, type Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** The whole model on one image; every host's speed leans on its time. */
export function wholeTimed({ inspection, test, modelBytes }: Subject): TimedWork {
  const fed = test.feeds([0]);
  return {
    name: wholeWork,
    // Of a model that leaves sizes open, a larger input takes longer.
    key: Object.entries(fed).map(([name, { dims }]) => [name, dims]),
    bytes: modelBytes,
    async open({ engine }, calls) {
      const session = await engine.load(serialiseModel(inspection.model));
      return {
        run: () => session.run(fed),
        call: calls.for(largestOf(fed)),
        close: () => session.release(),
      };
    },
  };
}

export function prepareLocal(subject: Subject, baseline: readonly Evidence[]): Prepared {
  const { hosts } = subject;
  return {
    design: localDesign(subject.study, endsOfModel(subject)),
    name: "LC",
    key: [],
    clean: baseline,
    exact: true,
    memory: { [hosts.capturing]: wholeMemory(subject) },
    works: [],
    deploy: () => ({ models: [wholeModel(subject, hosts.capturing)] }),
  };
}

function wholeMemory({ inspection: { index, seen, batch } }: Subject): number {
  const { parameters, activations } = segmentMemory(index, seen, batch?.size ?? 1);
  return parameters + activations;
}

function wholeModel(subject: Subject, host: string): DesignFiles["models"][number] {
  return { host, name: "model.onnx", bytes: serialiseModel(subject.inspection.model), ...endsOfModel(subject) };
}

type ImageSource = NonNullable<Dataset["image"]>;

interface PictureSent {
  subject: Subject;
  image: ImageSource;
  as: ImageFormat;
  baseline: readonly Evidence[];
}

/** Sizes of the test images in a picture format, and what the answers to them are worth then. */
const remoteStage: Stage<PictureSent, { sizes: Uint32Array; clean: readonly Evidence[]; lossless: boolean }> = {
  name: "remote",
  version: 2,
  key: ({ subject: { modelHash, testKey }, as }) => [modelHash, testKey, as],
  async run({ subject, image, as, baseline }, context) {
    const { test } = subject;
    const sizes: number[] = [];
    let lossless = true;
    await using whole = await loadWhole(subject, image, context);
    const clean = await inBatches(test.count, test.atOnce, context.signal, async (indices) => {
      const decoded = await mapBounded(indices, 4, async (i) => {
        const bytes = await encodeImage(image.pixels(i), image, as);
        sizes[i] = bytes.length;
        return decodeImage(bytes, image, as);
      });
      const same = decoded.every((pixels, k) => Buffer.compare(pixels, image.pixels(indices[k]!)) === 0);
      lossless &&= same;
      return same && !test.stream ? indices.map((i) => baseline[i]!) : whole.answers(decoded, indices);
    });
    return { sizes: Uint32Array.from(sizes), clean, lossless };
  },
};

/** The whole model loaded, asked with pixels in place of the test images of these indices. */
async function loadWhole({ study, inspection, exam, test }: Subject, image: ImageSource, { engine }: Context) {
  const session = await openStream(engine, serialiseModel(inspection.model), test);
  const { normalise, layout } = study.data;
  return {
    answers(pixels: readonly Uint8Array[], images: readonly number[]): Promise<Evidence[]> {
      return this.fed(test.feeds(images, imageBatch(pixels, image, normalise, layout)), images);
    },
    fed(value: Tensors, images: readonly number[]): Promise<Evidence[]> {
      session.enter(images);
      return examine(exam, session, value, images);
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

/** RC: a frame goes as the camera has it, raw or as a picture file, or as the model's input through a codec. */
export function prepareRemote(
  subject: Subject,
  design: Design,
  input: RemoteInput,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<Prepared>> {
  const [{ host }] = design.segments as [Segment];
  const there = (bytesHere: number): WholeThere => ({
    memory: { [subject.hosts.capturing]: bytesHere, [host]: wholeMemory(subject) },
    models: [wholeModel(subject, host)],
  });
  return isPictureInput(input)
    ? preparePicture(subject, design, input, baseline, there, context)
    : prepareTensor(subject, design, baseline, there, context);
}

async function preparePicture(
  subject: Subject,
  design: Design,
  as: ImageFormat,
  baseline: readonly Evidence[],
  there: (bytesHere: number) => WholeThere,
  context: Context,
): Promise<Kept<Prepared>> {
  const { test } = subject;
  const { found, cached, capture, image } = await sentPicture(subject, design, as, baseline, context);
  const { memory, models } = there(capture.memory);
  const value: Prepared = {
    design,
    name: designName(design),
    key: as,
    bytes: [capture.bytes],
    clean: found.clean,
    exact: capture.exact,
    memory,
    works: capture.works,
    async receive(frames, running) {
      await using whole = await loadWhole(subject, image, running);
      const result = frames.map((): Evidence | null => null);
      const answered = await capture.readable(frames);
      for (let from = 0; from < answered.length; from += test.atOnce) {
        const part = answered.slice(from, from + test.atOnce);
        const some = part.map((i) => frames[i]!);
        const fed = await capture.holed(some, undefined);
        const right = await whole.fed(
          fed,
          some.map((frame) => frame.image),
        );
        part.forEach((i, k) => (result[i] = right[k]!));
      }
      return result;
    },
    deploy: () => ({ models, wires: [capture.wire] }),
  };
  return { value, cached };
}

/** A picture of each frame, as it comes to another host. */
export async function pictureCapture(
  subject: Subject,
  design: Design,
  as: ImageFormat,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<SentCapture>> {
  const { capture, cached } = await sentPicture(subject, design, as, baseline, context);
  return { value: capture, cached };
}

async function sentPicture(
  subject: Subject,
  design: Design,
  as: ImageFormat,
  baseline: readonly Evidence[],
  context: Context,
) {
  const { test, train, inspection, study } = subject;
  const { image } = test;
  if (!image) throw internal(`a picture of ${test.name} is to be sent`);
  const { value: found, cached } = await runStage(remoteStage, { subject, image, as, baseline }, context);
  const fill = (): number[] =>
    meanPixel(
      Array.from({ length: Math.min(256, train.count) }, (_, i) => train.image!.pixels(i)),
      image,
    );
  const { normalise, layout } = study.data;
  const fedWith = (pixels: readonly Uint8Array[], images: readonly number[]): Tensors =>
    test.feeds(images, imageBatch(pixels, image, normalise, layout));
  // With a hole only raw pixels say anything.
  const patched = async (frames: readonly Arrived[]): Promise<(Uint8Array | undefined)[]> => {
    const mean = fill();
    return Promise.all(
      frames.map(async (frame) => {
        const bytes = await encodeImage(image.pixels(frame.image), image, as);
        return receiveImage({ bytes, shape: image, as, missing: frame.missing[0]! }, mean);
      }),
    );
  };
  const capture: SentCapture = {
    key: as,
    bytes: found.sizes,
    exact: found.lossless,
    memory: image.pixels(0).length,
    works: pictureWorks(subject, image, as, design),
    wire: [
      {
        tensor: inspection.input.name,
        type: "uint8",
        shape: [image.height, image.width, image.channels],
        codec: { kind: "image", ...as },
        ...(as.format === "raw" && { fill: { values: fill(), axis: 2 } }),
      },
    ],
    async arrived(images) {
      if (found.lossless) return test.feeds(images);
      const pixels = await mapBounded(images, 4, async (i) =>
        decodeImage(await encodeImage(image.pixels(i), image, as), image, as),
      );
      return fedWith(pixels, images);
    },
    readable: async (frames) => (await patched(frames)).flatMap((one, i) => (one ? [i] : [])),
    async holed(frames) {
      return fedWith(
        (await patched(frames)).map((one) => one!),
        frames.map((frame) => frame.image),
      );
    },
  };
  return { capture, found, cached, image };
}

/** Making and reading a picture file. */
function pictureWorks({ testKey }: Subject, image: ImageSource, as: ImageFormat, design: Design): TimedWork[] {
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  if (encode === undefined || decode === undefined) return [];
  const opened = (part: "encode" | "decode") => async () => (await picturesWork(image.pixels(0), image, as))[part];
  return [
    { name: encode, key: testKey, bytes: 0, open: opened("encode") },
    { name: decode, key: testKey, bytes: 0, open: opened("decode") },
  ];
}
