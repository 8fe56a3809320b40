/** @file A design made ready, whatever its transport: its accuracy without loss known, its work told. */
import type { PictureCodec } from "@split-et-impera/core/deploy";
import type { Design, TrainingResult } from "@split-et-impera/core/design";
import type { CodecParameters } from "@split-et-impera/core/wire";
import type { BaselineWarning } from "@split-et-impera/core/task";
import { baselineWarnings, rightAnswers } from "../answers/index.ts";
import type { Context, Stage } from "../context.ts";
import type { Subject } from "./subject.ts";
import type { TimedWork } from "./times.ts";

/** A frame as it reached the other host. */
export interface Arrived {
  /** Index of the test image. */
  image: number;
  /** Datagrams that did not. */
  missing: Uint32Array;
}

export interface Prepared {
  /** Over any transport. */
  design: Design;
  name: string;
  /** What its answers depend on beside model and data, for keys. */
  key: unknown;
  /** Payload bytes of each test image; absent where nothing is sent. */
  bytes?: Uint32Array;
  /** Per test image, whether the answer is right when nothing is lost. */
  correct: Uint8Array;
  /** Whether the answers without loss are the unchanged model's own, bit for bit: nothing was approximated. */
  exact: boolean;
  /** Bytes by host. */
  memory: Record<string, number>;
  /** What its hosts do, to be timed. */
  works: readonly TimedWork[];
  /** How its bottleneck learned. */
  training?: TrainingResult;
  /** What becomes of frames with holes: 1 right, 0 wrong, 2 no answer at all. */
  receive?(frames: readonly Arrived[], context: Context): Promise<Uint8Array>;
  /** The files that deploy it, by host, and what both ends of the wire must know. */
  deploy(): DesignFiles;
}

export interface DesignFiles {
  models: { host: string; name: string; bytes: Uint8Array; inputs: string[]; outputs: string[] }[];
  /** What crosses between them, in the order of its bytes; absent where nothing does. */
  wire?: WireTensor[];
}

/** What crosses, of one image: the tensor's shape, batch included, or a picture's [height, width, channels]. */
export interface WireTensor {
  tensor: string;
  shape: number[];
  codec: CodecParameters | PictureCodec;
  /** What stands in for lost values, per index along an axis. */
  fill?: { values: number[]; axis: number };
}

/** Per test image, whether the unchanged model is right. */
export const baselineStage: Stage<Subject, Uint8Array> = {
  name: "baseline",
  version: 1,
  key: ({ modelHash, testKey }) => [modelHash, testKey],
  run: ({ inspection, test }, { engine, signal, update }) =>
    rightAnswers(
      engine,
      inspection,
      test,
      signal,
      (done) => update(`${done} of ${test.count} images`),
      inspection.output.name,
    ),
};

/** What speaks against the baseline. */
export const baselineDoubtsStage: Stage<{ subject: Subject; right: Uint8Array }, BaselineWarning[]> = {
  name: "baseline-warnings",
  version: 1,
  key: ({ subject: { modelHash, testKey, study } }) => [modelHash, testKey, study.task?.expect, study.task?.output],
  run: ({ subject: { study, inspection, test: data }, right }, { signal }) =>
    baselineWarnings({
      inspection,
      data,
      options: study.data,
      output: study.task?.output,
      expect: study.task?.expect,
      signal,
      right,
    }),
};

/** What becomes of a design's frames that arrive with holes. */
export const lossyStage: Stage<{ subject: Subject; prepared: Prepared; arrived: readonly Arrived[] }, Uint8Array> = {
  name: "lossy",
  version: 1,
  key: ({ subject: { modelHash, testKey, trainKey, study }, prepared, arrived }) => [
    modelHash,
    testKey,
    trainKey,
    study.seed,
    prepared.name,
    prepared.key,
    arrived,
  ],
  run: ({ prepared, arrived }, context) => prepared.receive!(arrived, context),
};
