/** @file RC of any data: the model's input goes as a tensor through a codec, as what crosses a cut does. */
import type { Evidence } from "@split-et-impera/core/task";
import { codingWork, designName, type Design } from "@split-et-impera/core/design";
import { serialiseModel } from "@split-et-impera/core/onnx";
import { sizeOf, type Tensor } from "@split-et-impera/core/tensor";
import {
  calibratedCodec,
  codecs,
  createCalibrator,
  whole,
  type Calibration,
  type Codec,
  type CodecKind,
  type CodecParameters,
} from "@split-et-impera/core/wire";
import { batchSize, examine, inBatches } from "../answers/index.ts";
import type { Context, Kept, Stage } from "../context.ts";
import { runStage } from "../run-stage.ts";
import { withHoles } from "./holes.ts";
import { parts } from "./lessons.ts";
import { calibrationImages } from "./pieces.ts";
import type { Arrived, Prepared } from "./prepared.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** What the model's input looks like over training samples. */
const inputCalibrationStage: Stage<Subject, Calibration> = {
  name: "input-calibration",
  version: 2,
  key: ({ trainKey }) => trainKey,
  run({ train }, { signal }) {
    const calibrator = createCalibrator({ perChannel: true });
    for (const part of parts(Math.min(calibrationImages, train.count), batchSize)) {
      signal.throwIfAborted();
      calibrator.add(train.batch(part));
    }
    return Promise.resolve(calibrator.result());
  },
};

interface SentInput {
  subject: Subject;
  codec: Codec<CodecParameters>;
}

/** Per test sample, the answer to what the codec leaves of it, judged. */
const remoteTensorStage: Stage<SentInput, Evidence[]> = {
  name: "remote-tensor",
  version: 2,
  key: ({ subject: { modelHash, testKey }, codec }) => [modelHash, testKey, codec.parameters],
  async run({ subject, codec }, context) {
    await using loaded = await loadWhole(subject, context);
    const { test, inspection } = subject;
    return inBatches(test.count, inspection.batch ? batchSize : 1, context.signal, (samples) => {
      const sent = test.batch(samples);
      return loaded.answers(codec.decode(whole(codec.encode(sent).bytes), sent.dims).tensor, samples);
    });
  },
};

async function loadWhole({ inspection, exam }: Subject, { engine }: Context) {
  const { model, input } = inspection;
  const session = await engine.load(serialiseModel(model));
  return {
    answers: (value: Tensor<"float32">, samples: readonly number[]): Promise<Evidence[]> =>
      examine(exam, session, { [input.name]: value }, samples),
    [Symbol.asyncDispose]: () => session.release(),
  };
}

/** What every design that runs the whole model on the other host has of it. */
export interface WholeThere extends Pick<Prepared, "memory"> {
  models: ReturnType<Prepared["deploy"]>["models"];
}

/** The model's input goes through a codec, over any transport. */
export async function prepareTensor(
  subject: Subject,
  design: Design,
  kind: CodecKind,
  baseline: readonly Evidence[],
  there: (bytesHere: number) => WholeThere,
  context: Context,
): Promise<Kept<Prepared>> {
  const { test, inspection } = subject;
  const seen = await runStage(inputCalibrationStage, subject, context);
  const codec = calibratedCodec(kind, seen.value);
  const exact = codecs[kind].lossless;
  const found = exact
    ? { value: baseline, cached: true }
    : await runStage(remoteTensorStage, { subject, codec }, context);
  const shape = [1, ...inspection.input.shape];
  const { memory, models } = there(4 * sizeOf(shape));
  const value: Prepared = {
    design,
    name: designName(design),
    key: codec.parameters,
    bytes: new Uint32Array(test.count).fill(codec.bytesFor(shape)),
    clean: found.value,
    exact,
    memory,
    works: worksOf(subject, design, codec),
    receive: (frames, running) => receive({ subject, codec }, seen.value, frames, running),
    deploy: () => ({
      models,
      wire: [
        {
          tensor: inspection.input.name,
          shape,
          codec: codec.parameters,
          fill: { values: [...seen.value.mean], axis: seen.value.axis },
        },
      ],
    }),
  };
  return { value, cached: seen.cached && found.cached };
}

/** Coding one sample, timed as at a cut. */
function worksOf({ test, inspection }: Subject, design: Design, codec: Codec): TimedWork[] {
  const { encode, decode } = codingWork(design, design.crossings[0]!);
  const sample = test.batch([0]);
  const sent = whole(codec.encode(sample).bytes);
  const work = (name: string | undefined, run: () => unknown): TimedWork[] =>
    name === undefined ? [] : [{ name, key: inspection.input.shape, bytes: 0, open: () => Promise.resolve({ run }) }];
  return [...work(encode, () => codec.encode(sample)), ...work(decode, () => codec.decode(sent, sample.dims))];
}

/** Per frame that arrived with holes, the answer judged. */
async function receive(
  { subject, codec }: SentInput,
  seen: Calibration,
  frames: readonly Arrived[],
  context: Context,
): Promise<Evidence[]> {
  await using loaded = await loadWhole(subject, context);
  const size = subject.inspection.batch ? batchSize : 1;
  const result: Evidence[] = [];
  for (let from = 0; from < frames.length; from += size) {
    context.signal.throwIfAborted();
    const part = frames.slice(from, from + size);
    const samples = part.map(({ image }) => image);
    const missing = part.map((one) => one.missing);
    const [holed] = withHoles([subject.test.batch(samples)], missing, [{ codec, seen }]);
    result.push(...(await loaded.answers(holed!, samples)));
  }
  return result;
}
