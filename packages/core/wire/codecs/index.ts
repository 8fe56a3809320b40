/** @file The table of codecs: a file or a factory and a row each. A study's words, its schema and its documentation are made from it. */
import { internal } from "../../errors/index.ts";
import type { Calibration } from "../calibrate.ts";
import type { Codec, CodecRow } from "../codec.ts";
import { orders, strideProblem, type OrderKind } from "../order.ts";
import { bfloat16 } from "./bfloat16.ts";
import { float16 } from "./float16.ts";
import { float32 } from "./float32.ts";
import { float8 } from "./float8.ts";
import { uniform } from "./uniform.ts";

export const codecs = {
  float32,
  float16,
  bfloat16,
  float8,
  uint8: uniform("uint8", 8),
  uint6: uniform("uint6", 6),
  uint5: uniform("uint5", 5),
  uint4: uniform("uint4", 4),
  uint3: uniform("uint3", 3),
  uint2: uniform("uint2", 2),
  uint1: uniform("uint1", 1),
} as const;

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

/** In which order the values of what is calibrated for are sent. */
export interface Ordered {
  order: OrderKind;
  /** Of one frame, the batch of 1 included. */
  dims: readonly number[];
}

/** The codec of a kind for what was seen of the tensor, in the tensor's own order or another. */
export function calibratedCodec(kind: string, calibration: Calibration, ordered?: Ordered): Codec<CodecParameters> {
  const parameters = rowOf(kind).calibrated(calibration);
  const stride = ordered ? orders[ordered.order].stride(ordered.dims, calibration.axis) : 1;
  return openCodec(stride === 1 ? parameters : { ...parameters, stride });
}

/** What is wrong with a codec's parameters for a tensor of this shape. */
export const codecProblem = (parameters: CodecParameters, dims: readonly number[]): string | undefined =>
  rowOf(parameters.kind).problem?.(parameters, dims) ?? strideProblem(parameters.stride, dims);
