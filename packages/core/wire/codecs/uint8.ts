/** @file uint8: 256 steps over the calibrated range of the tensor or of each channel, with ONNX's QuantizeLinear arithmetic. */
import { internal } from "../../errors/index.ts";
import type { Calibration } from "../calibrate.ts";
import { channelRuns, type Runs } from "../channels.ts";
import type { CodecRow } from "../codec.ts";
import { fixedWidth } from "./fixed-width.ts";

export interface Uint8Parameters {
  kind: "uint8";
  /** value = (q - zero) * scale; one pair for the tensor, or one per channel along `axis`. */
  scale: number[];
  zero: number[];
  axis: number;
}

/** Adding and taking away 1.5 * 2^52 rounds a double below 2^51 to the nearest whole number, ties to even. */
const roundEven = 6755399441055744;

export const uint8: CodecRow<Uint8Parameters> = {
  means: "256 steps over the range seen in training images, 1 byte each",
  lossless: false,
  share: 1 / 4,
  fields: {
    scale: {
      positive: true,
      list: true,
      means: "value = (byte - zero) * scale; one for the tensor, or one per channel along `axis`",
    },
    zero: { whole: true, min: 0, max: 255, list: true, means: "the byte of the value 0; as many as scales" },
    axis: { whole: true, min: 0, means: "the channels' axis, from 0" },
  },
  problem({ scale, zero, axis }, dims) {
    if (scale.length !== zero.length)
      return `expected as many zero points as scales (${scale.length}), got ${zero.length}`;
    if (scale.length === 1 || dims[axis] === scale.length) return undefined;
    return `expected one scale, or one per channel of [${dims.join(", ")}] along axis ${axis}, got ${scale.length}`;
  },
  calibrated,
  open(parameters) {
    const { scale, zero, axis } = parameters;
    if (scale.length === 0 || scale.length !== zero.length || !scale.every((step) => step > 0)) {
      throw internal("a uint8 codec needs as many positive scales as zero points");
    }
    const runs = (dims: readonly number[]): Runs => channelRuns(dims, scale.length, axis);
    return fixedWidth({
      parameters,
      width: 1,
      encode({ data, dims }) {
        const { count, inner } = runs(dims);
        const bytes = new Uint8Array(data.length);
        for (let start = 0, run = 0; start < data.length; start += inner, run++) {
          const step = scale[run % count]!;
          const offset = zero[run % count]!;
          for (let i = start; i < start + inner; i++) {
            // Clamped first, so that infinities saturate; a NaN takes zero's code.
            const q = Math.max(-512, Math.min(512, Math.fround(data[i]! / step)));
            bytes[i] = Math.max(0, Math.min(255, (q === q ? q + roundEven - roundEven : 0) + offset));
          }
        }
        return bytes;
      },
      decode(bytes, dims) {
        const { count, inner } = runs(dims);
        const data = new Float32Array(bytes.length);
        for (let start = 0, run = 0; start < data.length; start += inner, run++) {
          const step = scale[run % count]!;
          const offset = zero[run % count]!;
          for (let i = start; i < start + inner; i++) data[i] = (bytes[i]! - offset) * step;
        }
        return data;
      },
    });
  },
};

/**
 * The range is widened to hold zero, so that zero (padding, what a ReLU cuts off) has a code of its own; the error is at
 * most half a step inside the range.
 */
function calibrated({ min, max, axis }: Calibration): Uint8Parameters {
  const scale: number[] = [];
  const zero: number[] = [];
  min.forEach((least, i) => {
    const low = Math.min(0, least);
    const high = Math.max(0, max[i]!);
    // The least normal float32 stands in for a range of nothing but zero.
    const step = Math.max(Math.fround((high - low) / 255), 2 ** -126);
    scale.push(step);
    zero.push(Math.min(255, Math.max(0, Math.round(-low / step))));
  });
  return { kind: "uint8", scale, zero, axis };
}
