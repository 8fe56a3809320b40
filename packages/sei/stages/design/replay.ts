/** @file The proof of a bundle: its files, loaded from disk, give the model's outputs and answer as the evaluation said. */
import type { DeploymentProof, Port } from "@split-et-impera/core/deploy";
import type { Engine, Session } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import {
  largestDifference,
  proveSegments,
  runChain,
  serialiseModel,
  type SegmentsProof,
} from "@split-et-impera/core/onnx";
import { sizeOf, tensorTypes, type Tensor } from "@split-et-impera/core/tensor";
import { openCodec, whole } from "@split-et-impera/core/wire";
import { join } from "node:path";
import { decodeImage, encodeImage } from "../../data/images.ts";
import { imageBatch } from "../../data/index.ts";
import { batchSize, classify, hits } from "../answers/index.ts";
import { parts } from "./pieces.ts";
import type { DesignFiles, Prepared } from "./prepared.ts";
import type { Context } from "../context.ts";
import type { Subject } from "./subject.ts";

/** Test images that are run through a bundle's files. */
const replayed = 100;

export interface Replay {
  /** The proof of the files, with the test images that were run through them, codec included. */
  proof: DeploymentProof;
  /** What each file takes and gives for one image, as it was seen. */
  ports: { inputs: Port[]; outputs: Port[] }[];
}

/** Test images whose outputs are compared. */
const compared = 8;
/** Largest difference relative to the largest output: as of every other split. */
const tolerance = 1e-4;

/** Compares outputs, not answers: files may be wrong in ways that no arg-max of a few images shows. */
async function proveBundle(
  files: readonly string[],
  { test, inspection }: Subject,
  { design }: Prepared,
  { models }: DesignFiles,
  engine: Engine,
): Promise<Omit<DeploymentProof, "replay">> {
  const images = inspection.batch ? Math.min(compared, test.count) : 1;
  const feeds = { [inspection.input.name]: test.batch(Array.from({ length: images }, (_, i) => i)) };
  const outputs = [inspection.output.name];
  const other = design.crossings.some(({ bottleneck }) => bottleneck);
  let found: SegmentsProof;
  if (other) {
    const parts = models.map(({ bytes }) => bytes);
    const { [outputs[0]!]: known } = await runChain(engine, parts, outputs, feeds);
    const { [outputs[0]!]: mine } = await runChain(engine, files, outputs, feeds);
    const difference = largestDifference(known!, mine!);
    const sizes = Array.from(known!.data as Float32Array, Math.abs);
    const largest = sizes.reduce((most, one) => Math.max(most, one), 0);
    const finite = sizes.some(Number.isFinite);
    found = { exact: difference === 0, largestDifference: difference, largestOutput: largest, finite };
  } else {
    const whole = serialiseModel(inspection.model);
    found = (await proveSegments(engine, whole, files, outputs, [feeds])).proof;
  }
  if (!(found.largestDifference <= tolerance * Math.max(1, found.largestOutput))) {
    throw internal(
      `the bundle's outputs differ from the ${other ? "evaluated segments'" : "model's"} by ${found.largestDifference}`,
    );
  }
  return {
    ...found,
    tolerance,
    engine: engine.name,
    runs: [{ inputs: "data", rows: images }],
    against: other ? "segments" : "model",
  };
}

/** Runs test images through the files in `folder`. Throws where an output or an answer differs: the bundle would be wrong. */
export async function replayBundle(
  folder: string,
  subject: Subject,
  prepared: Prepared,
  given: DesignFiles,
  { engine, signal }: Context,
): Promise<Replay> {
  const { test, inspection, aim } = subject;
  const { models, wire } = given;
  const files = models.map(({ name }) => join(folder, name));
  const proof = await proveBundle(files, subject, prepared, given, engine);
  const sessions = await Promise.all(files.map((file) => engine.load(file)));
  const ports = await seenPorts(sessions, models, await sentInput(subject, wire, [0]));
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
        const codec = openCodec(wire.codec);
        const { bytes } = codec.encode(value as Tensor<"float32">);
        value = codec.decode(whole(bytes), value.dims).tensor;
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
  return { proof: { ...proof, replay: { images, same } }, ports };
}

/** One image through the files, nothing coded between. */
async function seenPorts(
  sessions: readonly Session[],
  models: DesignFiles["models"],
  first: Tensor,
): Promise<Replay["ports"]> {
  const ports: Replay["ports"] = [];
  let value = first;
  for (const [i, session] of sessions.entries()) {
    const { input, output } = models[i]!;
    const found = (await session.run({ [input]: value }, [output]))[output]!;
    ports.push({ inputs: [portOf(input, value)], outputs: [portOf(output, found)] });
    value = found;
  }
  return ports;
}

const portOf = (tensor: string, { type, dims }: Tensor): Port => ({
  tensor,
  type,
  shape: [...dims],
  bytes: sizeOf(dims) * tensorTypes[type],
});

/** The model's input; for RC as it was sent. */
async function sentInput(
  { test, study, inspection }: Subject,
  wire: DesignFiles["wire"],
  indices: number[],
): Promise<Tensor> {
  const { image } = test;
  const sent = test.batch(indices);
  if (!wire || wire.tensor !== inspection.input.name) return sent;
  if (wire.codec.kind !== "image") {
    const codec = openCodec(wire.codec);
    return codec.decode(whole(codec.encode(sent).bytes), sent.dims).tensor;
  }
  if (!image) throw internal(`a picture of ${test.name} was sent`);
  const as = { format: wire.codec.format, quality: wire.codec.quality };
  const received = await Promise.all(
    indices.map(async (i) => decodeImage(await encodeImage(image.pixels(i), image, as), image, as)),
  );
  return imageBatch(received, image, study.data.normalise, study.data.layout);
}
