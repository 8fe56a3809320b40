/** @file uint8 to uint1: uniform steps over the range of the tensor or of each channel, packed without gaps. */
import type { CodecRow } from "../codec.ts";
import { clippedRange, stretched, wholeRange } from "./clip.ts";
import { fixedWidth, strideField } from "./fixed-width.ts";
import { quantiser, stepsFields, stepsProblem, type Steps } from "./quantise.ts";

export interface UniformParameters<K extends string> extends Steps {
  kind: K;
  stride?: number;
}

/**
 * Codes of so many bits. 8 cover all values seen: the error is at most half a step inside the range. With fewer the range is
 * the one with the least squared error, and values beyond move to its end.
 */
export function uniform<K extends string>(kind: K, bits: number): CodecRow<UniformParameters<K>> {
  const width = bits === 8 ? "1 byte each" : `${bits} bit${bits > 1 ? "s" : ""} each`;
  return {
    means: `${2 ** bits} steps over the range ${bits === 8 ? "seen" : "that fits best what was seen"} in training images, ${width}`,
    lossless: false,
    share: bits / 32,
    fields: { ...stepsFields(bits), stride: strideField },
    problem: stepsProblem,
    stepped: true,
    calibrated: (calibration, _payload, step) => ({
      kind,
      ...stretched(bits === 8 ? wholeRange(calibration, bits) : clippedRange(calibration, bits), step),
    }),
    open(parameters) {
      const { codes, values } = quantiser(parameters, bits);
      return fixedWidth({ parameters, bits, codes, values: (all, dims) => values(all as Uint8Array, dims) });
    },
  };
}
