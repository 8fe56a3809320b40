/** @file A design made ready, whatever its transport: pieces loaded, accuracy without loss known, work timed. */
import type { Design } from "@split-et-impera/core/design";
import type { CodecParameters } from "@split-et-impera/core/wire";
import type { BaselineWarning } from "@split-et-impera/core/task";
import type { ImageFormat } from "../../data/images.ts";
import { baselineWarnings, checkExpected, rightAnswers } from "../answers/index.ts";
import type { Workbench } from "./workbench.ts";

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
  /** What becomes of frames with holes: 1 right, 0 wrong, 2 no answer at all. */
  receive?(frames: readonly Arrived[]): Promise<Uint8Array>;
  /** The files that deploy it, by host, and what the manifest says of the wire. */
  deploy(): Deployment;
}

export interface Deployment {
  models: { host: string; name: string; bytes: Uint8Array; input: string; output: string }[];
  wire?: {
    tensor: string;
    /** One image's tensor, batch included. */
    shape: number[];
    codec: CodecParameters | { kind: "image"; format: ImageFormat["format"]; quality?: number };
    /** What stands in for lost values, per channel. */
    fill?: number[];
  };
}

/** Per test image, whether the unchanged model is right. */
export async function baselineCorrect(
  bench: Workbench,
  update: (status: string) => void,
): Promise<{ value: Uint8Array; cached: boolean }> {
  const { inspection, test, cache, signal } = bench;
  return cache.get("baseline", [bench.modelHash, bench.testKey], () =>
    rightAnswers(inspection, test, signal, (done) => update(`${done} of ${test.count} images`)),
  );
}

/** What speaks against the baseline. Throws `InputError` where it is surely below what the study expects. */
export async function baselineDoubts(
  { study, inspection, test: data, cache, signal, modelHash, testKey }: Workbench,
  right: Uint8Array,
): Promise<{ value: BaselineWarning[]; cached: boolean }> {
  const expect = study.task?.expect;
  const found = await cache.get("baseline-warnings", [modelHash, testKey, expect], () =>
    baselineWarnings({ inspection, data, options: study.data, output: study.task?.output, signal, right, expect }),
  );
  checkExpected(found.value);
  return found;
}
