/** @file The proof of a bundle: its files, loaded from disk, answer as the evaluation said. */
import { internal } from "@split-et-impera/core/errors";
import type { Tensor } from "@split-et-impera/core/tensor";
import { createCodec } from "@split-et-impera/core/wire";
import { join } from "node:path";
import { decodeImage, encodeImage } from "../../data/images.ts";
import { imageBatch } from "../../data/index.ts";
import { batchSize, classify, hits } from "../answers/index.ts";
import { parts } from "./pieces.ts";
import type { Deployment, Prepared } from "./prepared.ts";
import type { Context } from "../context.ts";
import type { Subject } from "./subject.ts";

/** Test images that are run through a bundle's files. */
const replayed = 100;

export interface Replay {
  /** Test images run through the files, codec included. */
  images: number;
  /** Those on which the files answer as in the evaluation: all of them. */
  same: number;
}

/** Runs test images through the files in `folder`. Throws where a single answer differs: the bundle would be wrong. */
export async function replayBundle(
  folder: string,
  subject: Subject,
  prepared: Prepared,
  { models, wire }: Deployment,
  { engine, signal }: Context,
): Promise<Replay> {
  const { test, inspection, aim } = subject;
  const sessions = await Promise.all(models.map(({ name }) => engine.load(join(folder, name))));
  const images = Math.min(replayed, test.count);
  let same = 0;
  for (const part of parts(images, inspection.batch ? batchSize : 1)) {
    signal.throwIfAborted();
    let value = await sentInput(subject, wire, part);
    for (const [i, session] of sessions.slice(0, -1).entries()) {
      const { input, output } = models[i]!;
      const found = await session.run({ [input]: value }, [output]);
      value = found[output]!;
      if (wire && wire.codec.kind !== "image") {
        const codec = createCodec(wire.codec);
        value = codec.decode(codec.encode(value as Tensor<"float32">), value.dims);
      }
    }
    const last = models.at(-1)!;
    const right = hits(
      await classify(sessions.at(-1)!, { name: last.input, value }, last.output, aim.binding.threshold),
      part.map((i) => test.label(i)),
    );
    part.forEach((i, k) => (same += right[k] === prepared.correct[i] ? 1 : 0));
  }
  await Promise.all(sessions.map((session) => session.release()));
  if (same !== images)
    throw internal(`the bundle answers ${images - same} of ${images} images differently from the evaluation`);
  return { images, same };
}

/** The model's input; for RC after the picture format. */
async function sentInput({ test, study }: Subject, wire: Deployment["wire"], indices: number[]): Promise<Tensor> {
  const { image } = test;
  if (wire?.codec.kind !== "image" || !image) return test.batch(indices);
  const as = { format: wire.codec.format, quality: wire.codec.quality };
  const received = await Promise.all(
    indices.map(async (i) => decodeImage(await encodeImage(image.pixels(i), image, as), image, as)),
  );
  return imageBatch(received, image, study.data.normalise, study.data.layout);
}
