/** @file The table of codecs: a file or a factory and a row each. A study's words, its schema and its documentation are made from it. */
import { internal } from "../../errors/index.ts";
import type { Calibration } from "../calibrate.ts";
import type { Codec, CodecRow } from "../codec.ts";
import { orders, strideProblem, type OrderKind } from "../order.ts";
import { entropy } from "./entropy.ts";
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
  rans8: entropy("rans8", 8),
  rans6: entropy("rans6", 6),
  rans5: entropy("rans5", 5),
  rans4: entropy("rans4", 4),
  rans3: entropy("rans3", 3),
  rans2: entropy("rans2", 2),
  rans1: entropy("rans1", 1),
} as const;

export type CodecKind = keyof typeof codecs;
export const codecKinds = Object.keys(codecs) as [CodecKind, ...CodecKind[]];

/** Of these kinds the one whose messages are the shortest, before anything is encoded. */
export const shortestOf = (kinds: readonly CodecKind[]): CodecKind =>
  kinds.reduce((least, kind) => (codecs[kind].share < codecs[least].share ? kind : least));

/** Everything that makes a codec, as plain JSON. */
export type CodecParameters = { [K in CodecKind]: Parameters<(typeof codecs)[K]["open"]>[0] }[CodecKind];

function rowOf(kind: string): CodecRow<CodecParameters> {
  if (!Object.hasOwn(codecs, kind)) throw internal(`unknown codec ${kind}`);
  return codecs[kind as CodecKind];
}

/** The codec that these parameters make. */
export const openCodec = (parameters: CodecParameters): Codec<CodecParameters> =>
  rowOf(parameters.kind).open(parameters);

export interface CalibratedOptions {
  /** In which order the values are sent. Default `tensor`. */
  order?: OrderKind;
  /** Of one frame, the batch of 1 included; what another order is made for. */
  dims?: readonly number[];
  /** Most bytes of a datagram. Default 1200: what any way on the internet carries (RFC 9000, 14). */
  payload?: number;
  /** How many times wider its steps are than those of the least squared error. Default 1; not of codecs without steps. */
  step?: number;
}

/** The codec of a kind for what was seen of the tensor. */
export function calibratedCodec(
  kind: string,
  calibration: Calibration,
  { order = "tensor", dims, payload = 1200, step = 1 }: CalibratedOptions = {},
): Codec<CodecParameters> {
  const row = rowOf(kind);
  if (!(step > 0 && (row.stepped || step === 1))) throw internal(`steps of ${kind} times ${step}`);
  const parameters = row.calibrated(calibration, payload, step);
  if (order !== "tensor" && !dims) throw internal(`the order ${order} of an unknown shape`);
  const stride = orders[order].stride(dims ?? [], calibration.axis);
  return openCodec(stride === 1 ? parameters : { ...parameters, stride });
}

/** What is wrong with a codec's parameters for a tensor of this shape. */
export const codecProblem = (parameters: CodecParameters, dims: readonly number[]): string | undefined =>
  rowOf(parameters.kind).problem?.(parameters, dims) ?? strideProblem(parameters.stride, dims);
