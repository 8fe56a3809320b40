/** @file The table of codecs: a file and a row each. A study's words, its schema and its documentation are made from it. */
import { internal } from "../../errors/index.ts";
import type { Calibration } from "../calibrate.ts";
import type { Codec, CodecRow } from "../codec.ts";
import { float16 } from "./float16.ts";
import { float32 } from "./float32.ts";
import { uint8 } from "./uint8.ts";

export const codecs = { float32, float16, uint8 } as const;

export type CodecKind = keyof typeof codecs;
export const codecKinds = Object.keys(codecs) as [CodecKind, ...CodecKind[]];

/** Everything that makes a codec, as plain JSON. */
export type CodecParameters = { [K in CodecKind]: Parameters<(typeof codecs)[K]["open"]>[0] }[CodecKind];

function rowOf(kind: string): CodecRow<CodecParameters> {
  if (!Object.hasOwn(codecs, kind)) throw internal(`unknown codec ${kind}`);
  return codecs[kind as CodecKind];
}

/** The codec that these parameters make. */
export const openCodec = (parameters: CodecParameters): Codec<CodecParameters> =>
  rowOf(parameters.kind).open(parameters);

/** The codec of a kind for what was seen of the tensor. */
export const calibratedCodec = (kind: string, calibration: Calibration): Codec<CodecParameters> =>
  openCodec(rowOf(kind).calibrated(calibration));

/** What is wrong with a codec's parameters for a tensor of this shape. */
export const codecProblem = (parameters: CodecParameters, dims: readonly number[]): string | undefined =>
  rowOf(parameters.kind).problem?.(parameters, dims);
