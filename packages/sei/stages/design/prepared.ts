/** @file A design made ready, whatever its transport: its accuracy without loss known, its work told. */
import { answerForm, type PictureCodec } from "@split-et-impera/core/deploy";
import type { CodecSearchResult, Design, ExitResult, TrainingResult } from "@split-et-impera/core/design";
import type { Tensors, TensorType } from "@split-et-impera/core/tensor";
import {
  usualConcealment,
  type ByteRange,
  type CodecParameters,
  type ConcealmentKind,
} from "@split-et-impera/core/wire";
import { judgedByModel, type BaselineWarning, type Evidence } from "@split-et-impera/core/task";
import { baselineWarnings, examineWhole } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import type { Recipe } from "./recipe.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** A frame as it came through its crossings. */
export interface Arrived {
  /** Index of the test image. */
  image: number;
  /** By crossing, bytes of its message that never came. */
  missing: readonly (readonly ByteRange[])[];
}

export interface Prepared {
  /** Over any transport. */
  design: Design;
  name: string;
  /** From which any process can make it ready again. */
  recipe?: Recipe;
  /** What its answers depend on beside model and data, for keys. */
  key: unknown;
  /** By crossing, payload bytes of each test image; absent where nothing is sent. */
  bytes?: readonly Uint32Array[];
  /** Per test image, the answer judged when nothing is lost. */
  clean: readonly Evidence[];
  /** Whether the answers without loss are the unchanged model's own, bit for bit: nothing was approximated. */
  exact: boolean;
  /** Bytes by host. */
  memory: Record<string, number>;
  /** What its hosts do, to be timed. */
  works: readonly TimedWork[];
  /** How its bottleneck learned. */
  training?: TrainingResult;
  /** What the search for its cut's codec tried. */
  search?: CodecSearchResult;
  /** Where it has an exit: by test image, whether that is sure of it, and what it answers, judged. */
  exit?: { result: ExitResult; taken: Uint8Array; answers: readonly Evidence[] };
  /** What becomes of frames with holes: their answers judged, null for those without any. */
  receive?(frames: readonly Arrived[], context: Context, concealment?: ConcealmentKind): Promise<(Evidence | null)[]>;
  /** The files that deploy it, by host, and what both ends of the wire must know. */
  deploy(): DesignFiles;
}

/** What was captured as it comes to another host, with segments behind it. */
export interface SentCapture {
  key: unknown;
  /** By test image. */
  bytes: Uint32Array;
  /** Whether it comes as it was captured, bit for bit. */
  exact: boolean;
  /** Bytes that the capturing host holds of it. */
  memory: number;
  /** Making the message, and reading it. */
  works: readonly TimedWork[];
  wire: WireTensor[];
  /** The model's inputs as they come whole, of these images. */
  arrived(images: readonly number[]): Promise<Tensors>;
  /** Which of these frames can be read, by place; and the inputs that those make. */
  readable(frames: readonly Arrived[]): Promise<number[]>;
  holed(frames: readonly Arrived[], concealment: ConcealmentKind | undefined): Promise<Tensors>;
}

export interface DesignFiles {
  models: { host: string; name: string; bytes: Uint8Array; inputs: string[]; outputs: string[] }[];
  /** Heads that may answer behind a segment, and which of their outputs says how sure they are. */
  exits?: (DesignFiles["models"][number] & { after: number; confidence: string })[];
  /** By crossing, what crosses, in the order of its bytes; absent where nothing does. */
  wires?: WireTensor[][];
}

/** What crosses, of one image: the tensor's shape, batch included, or a picture's [height, width, channels]. */
export interface WireTensor {
  tensor: string;
  /** Its own; what is coded is float32, or a picture's bytes. */
  type: TensorType;
  shape: number[];
  codec: CodecParameters | PictureCodec;
  /** What stands in for lost values, per index along an axis. */
  fill?: { values: number[]; axis: number };
}

/** The unchanged model's answers, by test image. */
export interface Baseline {
  /** Judged. */
  evidence: Evidence[];
  /** Bytes of each on its way. */
  answers: Uint32Array;
}

export const baselineStage: Stage<Subject, Baseline> = {
  name: "baseline",
  version: 3,
  key: ({ modelHash, testKey }) => [modelHash, testKey],
  async run({ inspection, test, exam }, { engine, signal, update }) {
    const { task, binding, truth } = exam;
    const { bytes } = answerForm(task, binding);
    // Where its answers are the truth they are known.
    if (judgedByModel(task.spec.kind)) {
      const says = Array.from({ length: test.count }, (_, sample) => truth(sample));
      return { evidence: says.map((one) => task.judge(one, one)), answers: Uint32Array.from(says, bytes) };
    }
    const answers: number[] = [];
    const evidence = await examineWhole(
      engine,
      inspection,
      test,
      exam,
      signal,
      (done) => update(`${done} of ${test.count} images`),
      (says) => answers.push(bytes(says)),
    );
    return { evidence, answers: Uint32Array.from(answers) };
  },
};

/** What speaks against the baseline. */
export const baselineDoubtsStage: Stage<{ subject: Subject; evidence: readonly Evidence[] }, BaselineWarning[]> = {
  name: "baseline-warnings",
  version: 3,
  key: ({ subject: { modelHash, testKey, study } }) => [modelHash, testKey, study.task?.expect],
  run: ({ subject: { study, inspection, test: data, exam }, evidence }, { engine, signal }) =>
    baselineWarnings({
      engine,
      inspection,
      data,
      exam,
      options: study.data,
      expect: study.task?.expect,
      signal,
      evidence,
    }),
};

/** What becomes of a design's frames that arrive with holes. */
export const lossyStage: Stage<
  { subject: Subject; prepared: Prepared; arrived: readonly Arrived[]; concealment: ConcealmentKind | undefined },
  (Evidence | null)[]
> = {
  name: "lossy",
  version: 4,
  key: ({ subject: { modelHash, testKey, trainKey, study }, prepared, arrived, concealment }) => [
    modelHash,
    testKey,
    trainKey,
    study.seed,
    prepared.name,
    prepared.key,
    arrived,
    concealment ?? usualConcealment,
    prepared.design.crossings.find(({ codec }) => codec.order)?.codec.order ?? "tensor",
  ],
  run: ({ prepared, arrived, concealment }, context) => prepared.receive!(arrived, context, concealment),
};
