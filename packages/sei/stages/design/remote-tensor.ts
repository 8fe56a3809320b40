/** @file RC of any data: the model's inputs go as tensors through codecs, as what crosses a cut does. */
import type { Evidence } from "@split-et-impera/core/task";
import { codingWork, designName, type Design } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { elementBytes, sizeOf, type Tensors } from "@split-et-impera/core/tensor";
import type { ConcealmentKind } from "@split-et-impera/core/wire";
import { examine, inBatches } from "../answers/index.ts";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { openStream } from "../stream.ts";
import { parts } from "./lessons.ts";
import { calibrationImages } from "./pieces.ts";
import type { Arrived, Prepared, SentCapture } from "./prepared.ts";
import {
  bytesOfSamples,
  carriedOver,
  codedKey,
  codedBy,
  createObserver,
  decoded,
  encoded,
  fedTo,
  holed,
  isExact,
  wireOf,
  type Coded,
  type Sent,
} from "./sent.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** What the model's inputs look like over training samples. */
const inputsSeenStage: Stage<Subject, Sent[]> = {
  name: "input-calibration",
  version: 2,
  key: ({ trainKey }) => trainKey,
  run({ train }, { signal }) {
    const observer = createObserver(Object.keys(train.fed));
    for (const part of parts(Math.min(calibrationImages, train.count), train.atOnce)) {
      signal.throwIfAborted();
      observer.add(train.feeds(part), part.length);
    }
    return Promise.resolve(observer.result());
  },
};

interface SentInput {
  subject: Subject;
  coded: Coded;
}

interface Heard {
  /** Per test sample, the answer to what the codecs leave of it, judged. */
  clean: Evidence[];
  /** Bytes of each sample's message. */
  bytes: Uint32Array;
}

const remoteTensorStage: Stage<SentInput, Heard> = {
  name: "remote-tensor",
  version: 3,
  key: ({ subject: { modelHash, testKey }, coded }) => [modelHash, testKey, codedKey(coded)],
  async run({ subject, coded }, context) {
    await using loaded = await loadWhole(subject, context);
    const { test } = subject;
    const bytes = new Uint32Array(test.count);
    const clean = await inBatches(test.count, test.atOnce, context.signal, (samples) => {
      const fed = test.feeds(samples);
      bytesOfSamples(coded, fed, samples.length).forEach((length, i) => (bytes[samples[i]!] = length));
      return loaded.answers(carriedOver(coded, fed), samples);
    });
    return { clean, bytes };
  },
};

async function loadWhole({ inspection, exam, test }: Subject, { engine }: Context) {
  const session = await openStream(engine, serialiseModel(inspection.model), test);
  return {
    answers(fed: Tensors, samples: readonly number[]): Promise<Evidence[]> {
      session.enter(samples);
      return examine(exam, session, fedTo(session, { ...test.stream?.first, ...fed }), samples);
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

/** What every design that runs the whole model on the other host has of it. */
export interface WholeThere extends Pick<Prepared, "memory"> {
  models: ReturnType<Prepared["deploy"]>["models"];
}

/** The model's inputs go through codecs, over any transport. */
export async function prepareTensor(
  subject: Subject,
  design: Design,
  baseline: readonly Evidence[],
  there: (bytesHere: number) => WholeThere,
  context: Context,
): Promise<Kept<Prepared>> {
  const { found, cached, coded, capture } = await sentTensors(subject, design, baseline, context);
  const { memory, models } = there(capture.memory);
  const value: Prepared = {
    design,
    name: designName(design),
    key: coded.codecs.map(({ parameters }) => parameters),
    clean: found.clean,
    bytes: [capture.bytes],
    exact: capture.exact,
    memory,
    works: capture.works,
    receive: (frames, running, concealment) => receive({ subject, coded }, frames, running, concealment),
    deploy: () => ({ models, wires: [capture.wire] }),
  };
  return { value, cached };
}

/** The model's inputs, as they come to another host. */
export async function tensorCapture(
  subject: Subject,
  design: Design,
  baseline: readonly Evidence[],
  context: Context,
): Promise<Kept<SentCapture>> {
  const { capture, cached } = await sentTensors(subject, design, baseline, context);
  return { value: capture, cached };
}

async function sentTensors(subject: Subject, design: Design, baseline: readonly Evidence[], context: Context) {
  const { test } = subject;
  const seen = await runStage(inputsSeenStage, subject, context);
  const coded = codedBy(design.crossings[0]!.codec, seen.value, subject.study.explore);
  const exact = isExact(coded);
  // Whatever is exact is as long for every sample.
  const bytes = (): Uint32Array => Uint32Array.from(bytesOfSamples(coded, test.feeds([0]), test.count));
  const found = exact
    ? { value: { clean: baseline, bytes: bytes() }, cached: true }
    : await runStage(remoteTensorStage, { subject, coded }, context);
  const withState = (fed: Tensors): Tensors => ({ ...test.stream?.first, ...fed });
  const capture: SentCapture = {
    key: codedKey(coded),
    bytes: found.value.bytes,
    exact,
    memory: seen.value.reduce((sum, { type, dims }) => sum + sizeOf(dims) * elementBytes(type), 0),
    works: worksOf(subject, design, coded),
    wire: wireOf(coded),
    arrived: (samples) => Promise.resolve(withState(carriedOver(coded, test.feeds(samples)))),
    readable: (frames) => Promise.resolve([...frames.keys()]),
    holed: (frames, concealment) =>
      Promise.resolve(
        withState(
          holed(
            coded,
            test.feeds(frames.map(({ image }) => image)),
            frames.map(({ missing }) => missing[0]!),
            concealment,
          ),
        ),
      ),
  };
  return { capture, coded, found: found.value, cached: seen.cached && found.cached };
}

/** Coding one sample, timed as at a cut. */
function worksOf({ test }: Subject, design: Design, coded: Coded): TimedWork[] {
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  const sample = test.feeds([0]);
  const message = encoded(coded, sample);
  const key = coded.sent.map(({ dims }) => dims);
  const work = (name: string | undefined, run: () => unknown): TimedWork[] =>
    name === undefined ? [] : [{ name, key, bytes: 0, open: () => Promise.resolve({ run }) }];
  return [...work(encode, () => encoded(coded, sample)), ...work(decode, () => decoded(coded, message, key))];
}

/** Per frame that arrived with holes, the answer judged. */
async function receive(
  { subject, coded }: SentInput,
  frames: readonly Arrived[],
  context: Context,
  concealment: ConcealmentKind | undefined,
): Promise<Evidence[]> {
  await using loaded = await loadWhole(subject, context);
  const { test } = subject;
  const result: Evidence[] = [];
  for (let from = 0; from < frames.length; from += test.atOnce) {
    context.signal.throwIfAborted();
    const part = frames.slice(from, from + test.atOnce);
    const samples = part.map(({ image }) => image);
    const missing = part.map((one) => one.missing[0]!);
    result.push(...(await loaded.answers(holed(coded, test.feeds(samples), missing, concealment), samples)));
  }
  return result;
}
