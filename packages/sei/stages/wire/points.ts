/** @file Bytes and quality of what crosses a cut, codec by codec, and of pictures that are sent instead. */
import { serialiseModel, type Inspection } from "@split-et-impera/core/onnx";
import type { Engine } from "@split-et-impera/core/engine";
import type { DataOptions, PictureInput } from "@split-et-impera/core/study";
import type { Evidence } from "@split-et-impera/core/task";
import { sizeOf } from "@split-et-impera/core/tensor";
import { imageBatch, measureImages, type Samples } from "../../data/index.ts";
import { examine, inBatches, type Exam } from "../answers/index.ts";
import { bytesOfSamples, carriedOver, codedBy, decoded, encoded } from "../design/sent.ts";
import type { CodecChoice } from "../design/step-search.ts";
import type { OpenedCut } from "./crossing.ts";

/** What one way to send costs and keeps. */
export interface Sending {
  /** Mean bytes of a sample's message. */
  bytes: number;
  evidence: Evidence[];
  /** Of one sample on this machine, the median. */
  encodeSeconds: number;
  decodeSeconds: number;
}

/** All samples through a codec. */
export async function sendThrough(
  opened: OpenedCut,
  { codec: kind, step }: CodecChoice,
  payload: number,
): Promise<Sending> {
  const coded = codedBy({ kind, step }, opened.sent, { datagrams: [payload] });
  let [bytes, count] = [0, 0];
  const evidence = await opened.each((tensors, samples) => {
    for (const length of bytesOfSamples(coded, tensors, samples.length)) bytes += length;
    count += samples.length;
    return opened.answers(carriedOver(coded, tensors), samples);
  });
  const one = await opened.tensors([0]);
  const own = coded.sent.map(({ dims }) => dims);
  const single = Object.fromEntries(
    coded.sent.map(({ name, dims }) => {
      const { type, data } = one[name]!;
      return [name, { type, dims, data: data.slice(0, sizeOf(dims)) }];
    }),
  );
  const message = encoded(coded, single);
  return {
    bytes: bytes / count,
    evidence,
    encodeSeconds: medianSeconds(() => encoded(coded, single)),
    decodeSeconds: medianSeconds(() => decoded(coded, message, own)),
  };
}

/** The pictures that a cut is compared with: lossless, and qualities of the three lossy formats. */
export const comparedPictures: readonly PictureInput[] = [
  { format: "png" },
  { format: "webp" },
  ...[95, 90, 75, 50, 25].map((quality): PictureInput => ({ format: "webp", quality })),
  ...[95, 90, 75, 50].map((quality): PictureInput => ({ format: "jpeg", quality })),
  ...[75, 50].map((quality): PictureInput => ({ format: "avif", quality })),
];

export interface PictureOptions {
  inspection: Inspection;
  test: Samples;
  exam: Exam;
  options: Pick<DataOptions, "normalise" | "layout">;
  engine: Engine;
  signal: AbortSignal;
}

/** All samples as pictures, and the whole model behind them. */
export async function sendPictures(
  { inspection, test, exam, options, engine, signal }: PictureOptions,
  as: PictureInput,
): Promise<Sending> {
  const image = test.image!;
  const all = Array.from({ length: test.count }, (_, i) => image.pixels(i));
  const { meanSize, decoded: pixels, encodeSeconds, decodeSeconds } = await measureImages(all, image, as, { signal });
  const session = await engine.load(serialiseModel(inspection.model));
  try {
    const evidence = await inBatches(test.count, test.atOnce, signal, (samples) => {
      const value = imageBatch(
        samples.map((i) => pixels[i]!),
        image,
        options.normalise,
        options.layout,
      );
      return examine(exam, session, test.feeds(samples, value), samples);
    });
    return { bytes: meanSize, evidence, encodeSeconds, decodeSeconds };
  } finally {
    await session.release();
  }
}

/** The median of a few dozen calls, after some that do not count. */
function medianSeconds(run: () => unknown): number {
  const times: number[] = [];
  for (let i = 0; i < 60; i++) {
    const before = performance.now();
    run();
    if (i >= 20) times.push((performance.now() - before) / 1000);
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
