/** @file The proof of a bundle: its files, loaded from disk, give the model's outputs and answer as the evaluation said. */
import type { DeployedState, DeploymentProof, Port } from "@split-et-impera/core/deploy";
import { carriesCapture } from "@split-et-impera/core/design";
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
import { imageBatch, type Stream } from "../../data/index.ts";
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
  /** The same of each exit's file. */
  exitPorts: { inputs: Port[]; outputs: Port[] }[];
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
  const { models, wires, exits = [] } = given;
  const { crossings } = prepared.design;
  // Past an exit, or to another host from the start.
  const input = wires?.filter((_, c) => carriesCapture(prepared.design, crossings[c]!))[0];
  const relayed = crossings.some(({ after }) => after < 0);
  const files = models.map(({ name }) => join(folder, name));
  const proof = await proveBundle(files, subject, prepared, given, engine);
  const sessions = await Promise.all(files.map((file) => openStream(engine, file, test)));
  const heads = await Promise.all(exits.map(({ name }) => engine.load(join(folder, name))));
  const first = { captured: relayed ? {} : test.feeds([0]), sent: await sentInput(subject, input, [0]) };
  const { ports, known: seen } = await seenPorts(sessions, models, first, test.stream);
  const exitPorts = await Promise.all(
    heads.map(async (head, e) => {
      const { inputs, outputs } = exits[e]!;
      const fed = only(seen, inputs);
      return portsIn({ inputs, outputs }, { ...fed, ...(await head.run(fed, outputs)) });
    }),
  );
  const images = Math.min(replayed, test.count);
  let same = 0;
  for (const part of parts(images, test.atOnce)) {
    signal.throwIfAborted();
    const captured = relayed ? {} : test.feeds(part);
    let known = await sentInput(subject, input, part);
    for (const session of sessions) session.enter(part);
    let early: (Evidence | undefined)[] = [];
    for (const [i, session] of sessions.slice(0, -1).entries()) {
      const { inputs, outputs } = models[i]!;
      // What is sent past an exit is not what the exit looks at.
      const made = await session.run(only(i === 0 ? { ...known, ...captured } : known, inputs), outputs);
      known = { ...known, ...made };
      if (i === 0 && exits[0]) early = await askExit(exam, heads[0]!, exits[0], prepared, made, part);
      const crossed = crossings.findIndex(({ after }) => after === i);
      if (crossed >= 0 && !carriesCapture(prepared.design, crossings[crossed]!))
        known = { ...known, ...sentOver(wires![crossed]!, known) };
    }
    const found = await examine(exam, sessions.at(-1)!, only(known, models.at(-1)!.inputs), part);
    part.forEach((i, k) => (same += alike(exam, early[k] ?? found[k]!, prepared.clean[i]!) ? 1 : 0));
  }
  await Promise.all([...sessions, ...heads].map((session) => session.release()));
  if (same !== images)
    throw internal(`the bundle answers ${images - same} of ${images} images differently from the evaluation`);
  return { proof: { ...proof, replay: { images, same } }, ports, exitPorts };
}

/** The answers of which an exit is sure, judged. */
async function askExit(
  exam: Exam,
  head: Session,
  { inputs, outputs, confidence }: NonNullable<DesignFiles["exits"]>[number],
  { design }: Prepared,
  known: Tensors,
  images: readonly number[],
): Promise<(Evidence | undefined)[]> {
  const { threshold } = design.exits![0]!;
  const said = await head.run(only(known, inputs), outputs);
  const judged = await examine(exam, { ...head, run: () => Promise.resolve(said) }, {}, images);
  const sure = said[confidence]!.data as Float32Array;
  return judged.map((one, row) => (sure[row]! >= threshold ? one : undefined));
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

/** One image through the files, nothing coded between; gives all that was seen too. */
async function seenPorts(
  sessions: readonly Session[],
  models: DesignFiles["models"],
  { captured, sent }: { captured: Tensors; sent: Tensors },
  stream: Stream | undefined,
): Promise<{ ports: Replay["ports"]; known: Tensors }> {
  const ports: Replay["ports"] = [];
  let known = sent;
  for (const [i, session] of sessions.entries()) {
    const { inputs, outputs } = models[i]!;
    const first = i === 0 && sessions.length > 1;
    const made = await session.run(only(first ? { ...known, ...captured } : known, inputs), outputs);
    known = { ...known, ...made };
    const state = (stream?.state ?? []).flatMap(({ input, output, type, grows }): DeployedState[] => {
      const shape = [...stream!.first[input]!.dims];
      return session.inputs.includes(input)
        ? [{ input, output, type, shape, ...(grows.length > 0 && { grows: true }) }]
        : [];
    });
    ports.push({ ...portsIn({ inputs, outputs }, known), ...(state.length > 0 && { state }) });
  }
  return { ports, known };
}

const portsIn = (
  { inputs, outputs }: Record<"inputs" | "outputs", readonly string[]>,
  known: Tensors,
): Replay["ports"][number] => ({
  inputs: inputs.map((name) => portOf(name, known[name]!)),
  outputs: outputs.map((name) => portOf(name, known[name]!)),
});

const portOf = (tensor: string, { type, dims }: Tensor): Port => ({
  tensor,
  type,
  shape: [...dims],
  bytes: sizeOf(dims) * tensorTypes[type],
});

/** The model's inputs, by name; for RC as they were sent. */
async function sentInput(
  { test, study }: Subject,
  wire: readonly WireTensor[] | undefined,
  indices: number[],
): Promise<Tensors> {
  const { image } = test;
  const [first] = wire ?? [];
  if (!wire || !first) return test.feeds(indices);
  if (first.codec.kind !== "image") return sentOver(wire, test.feeds(indices));
  if (!image) throw internal(`a picture of ${test.name} was sent`);
  const as = { format: first.codec.format, quality: first.codec.quality };
  const received = await Promise.all(
    indices.map(async (i) => decodeImage(await encodeImage(image.pixels(i), image, as), image, as)),
  );
  return test.feeds(indices, imageBatch(received, image, study.data.normalise, study.data.layout));
}
