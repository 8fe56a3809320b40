/** @file The proof of a bundle: its files, loaded from disk, give the model's outputs and answer as the evaluation said. */
import type { DeployedState, DeploymentProof, Port } from "@split-et-impera/core/deploy";
import type { Engine, Session } from "@split-et-impera/core/engine";
import { internal } from "@split-et-impera/core/errors";
import {
  largestDifference,
  proveSegments,
  runChain,
  serialiseModel,
  type SegmentsProof,
} from "@split-et-impera/core/onnx";
import type { Evidence } from "@split-et-impera/core/task";
import { asFloat32, fromFloat32, sizeOf, tensorTypes, type Tensor, type Tensors } from "@split-et-impera/core/tensor";
import { decodeMessage, encodeMessage, openCodec, whole, type CodecParameters } from "@split-et-impera/core/wire";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { decodeImage, encodeImage } from "../../data/images.ts";
import { fedInputs, imageBatch, type Stream } from "../../data/index.ts";
import { openStream } from "../stream.ts";
import { examine, type Exam } from "../answers/index.ts";
import { parts } from "./lessons.ts";
import type { DesignFiles, Prepared, WireTensor } from "./prepared.ts";
import type { Context } from "../context.ts";
import { only } from "./sent.ts";
import type { Subject } from "./subject.ts";

/** Test images that are run through a bundle's files. */
const replayed = 100;

export interface Replay {
  /** The proof of the files, with the test images that were run through them, codec included. */
  proof: DeploymentProof;
  /** What each file takes and gives for one image, as it was seen. */
  ports: { inputs: Port[]; outputs: Port[]; state?: DeployedState[] }[];
}

/** Test images whose outputs are compared. */
const compared = 8;
/** Largest difference relative to the largest output: as of every other split. */
const tolerance = 1e-4;

/** Compares outputs, not answers: files may be wrong in ways that no arg-max of a few images shows. */
async function proveBundle(
  files: readonly string[],
  { test, inspection, exam }: Subject,
  { design }: Prepared,
  { models }: DesignFiles,
  engine: Engine,
): Promise<Omit<DeploymentProof, "replay">> {
  const images = Math.min(compared, test.count, test.atOnce);
  const feeds = test.feeds(Array.from({ length: images }, (_, i) => i));
  const { outputs } = exam.binding;
  const other = design.crossings.some(({ bottleneck }) => bottleneck);
  let found: SegmentsProof;
  if (other) {
    const parts = models.map(({ bytes }) => bytes);
    const known = await runChain(engine, parts, outputs, feeds);
    const mine = await runChain(engine, files, outputs, feeds);
    const difference = Math.max(...outputs.map((name) => largestDifference(known[name]!, mine[name]!)));
    const sizes = outputs.flatMap((name) =>
      Array.from(known[name]!.data as ArrayLike<number | bigint>, (value) => Math.abs(Number(value))),
    );
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
  const { test, exam } = subject;
  const { models, wire } = given;
  const files = models.map(({ name }) => join(folder, name));
  const proof = await proveBundle(files, subject, prepared, given, engine);
  const sessions = await Promise.all(files.map((file) => openStream(engine, file, test)));
  const ports = await seenPorts(sessions, models, await sentInput(subject, wire, [0]), test.stream);
  const images = Math.min(replayed, test.count);
  let same = 0;
  for (const part of parts(images, test.atOnce)) {
    signal.throwIfAborted();
    let known = await sentInput(subject, wire, part);
    for (const session of sessions) session.enter(part);
    for (const [i, session] of sessions.slice(0, -1).entries()) {
      const { inputs, outputs } = models[i]!;
      known = { ...known, ...(await session.run(only(known, inputs), outputs)) };
      if (wire) known = { ...known, ...sentOver(wire, known) };
    }
    const found = await examine(exam, sessions.at(-1)!, only(known, models.at(-1)!.inputs), part);
    part.forEach((i, k) => (same += alike(exam, found[k]!, prepared.clean[i]!) ? 1 : 0));
  }
  await Promise.all(sessions.map((session) => session.release()));
  if (same !== images)
    throw internal(`the bundle answers ${images - same} of ${images} images differently from the evaluation`);
  return { proof: { ...proof, replay: { images, same } }, ports };
}

/** Where one number says how far an answer is right, that; a rank behind it may hang on the last digit of a score. */
function alike({ task }: Exam, a: Evidence, b: Evidence): boolean {
  const { score } = task.metrics[0]!;
  return score ? score(a) === score(b) : isDeepStrictEqual(a, b);
}

/** What the other host makes of tensors that cross whole. */
function sentOver(wire: readonly WireTensor[], known: Tensors): Tensors {
  const tensors = wire.map(({ tensor }) => asFloat32(known[tensor]!));
  const codecs = wire.map(({ codec }) => openCodec(codec as CodecParameters));
  const parts = codecs.map((codec, i) => ({ codec, dims: tensors[i]!.dims }));
  const restored = decodeMessage(parts, whole(encodeMessage(codecs, tensors).bytes));
  return Object.fromEntries(wire.map(({ tensor, type }, i) => [tensor, fromFloat32(restored[i]!.tensor, type)]));
}

/** One image through the files, nothing coded between. */
async function seenPorts(
  sessions: readonly Session[],
  models: DesignFiles["models"],
  first: Tensors,
  stream: Stream | undefined,
): Promise<Replay["ports"]> {
  const ports: Replay["ports"] = [];
  let known = first;
  for (const [i, session] of sessions.entries()) {
    const { inputs, outputs } = models[i]!;
    known = { ...known, ...(await session.run(only(known, inputs), outputs)) };
    const portsOf = (names: readonly string[]): Port[] => names.map((name) => portOf(name, known[name]!));
    const state = (stream?.state ?? []).flatMap(({ input, output, type, grows }): DeployedState[] => {
      const shape = [...stream!.first[input]!.dims];
      return session.inputs.includes(input)
        ? [{ input, output, type, shape, ...(grows.length > 0 && { grows: true }) }]
        : [];
    });
    ports.push({ inputs: portsOf(inputs), outputs: portsOf(outputs), ...(state.length > 0 && { state }) });
  }
  return ports;
}

const portOf = (tensor: string, { type, dims }: Tensor): Port => ({
  tensor,
  type,
  shape: [...dims],
  bytes: sizeOf(dims) * tensorTypes[type],
});

/** The model's inputs, by name; for RC as they were sent. */
async function sentInput(
  { test, study, inspection }: Subject,
  wire: DesignFiles["wire"],
  indices: number[],
): Promise<Tensors> {
  const { image } = test;
  const [first] = wire ?? [];
  const inputs = fedInputs(inspection).map(({ name }) => name);
  if (!wire || !first || !wire.every(({ tensor }) => inputs.includes(tensor))) return test.feeds(indices);
  if (first.codec.kind !== "image") return sentOver(wire, test.feeds(indices));
  if (!image) throw internal(`a picture of ${test.name} was sent`);
  const as = { format: first.codec.format, quality: first.codec.quality };
  const received = await Promise.all(
    indices.map(async (i) => decodeImage(await encodeImage(image.pixels(i), image, as), image, as)),
  );
  return test.feeds(indices, imageBatch(received, image, study.data.normalise, study.data.layout));
}
