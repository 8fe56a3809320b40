/** @file Uniform steps: values to whole numbers below 2^bits and back, with the arithmetic of ONNX's QuantizeLinear. */
import { internal } from "../../errors/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { channelRuns, type Runs } from "../channels.ts";
import type { ParameterField } from "../codec.ts";

/** value = (code - zero) * scale; one pair for the tensor, or one per channel along `axis`. */
export interface Steps {
  scale: number[];
  zero: number[];
  axis: number;
}

export const stepsFields = (bits: number): Record<keyof Steps, ParameterField> => ({
  scale: {
    positive: true,
    list: true,
    means: "value = (code - zero) * scale; one for the tensor, or one per channel along `axis`",
  },
  zero: { whole: true, min: 0, max: 2 ** bits - 1, list: true, means: "the code of the value 0; as many as scales" },
  axis: { whole: true, min: 0, means: "the channels' axis, from 0" },
});

/** What is wrong with steps for a tensor of this shape. */
export function stepsProblem({ scale, zero, axis }: Steps, dims: readonly number[]): string | undefined {
  if (scale.length !== zero.length)
    return `expected as many zero points as scales (${scale.length}), got ${zero.length}`;
  if (scale.length === 1 || dims[axis] === scale.length) return undefined;
  return `expected one scale, or one per channel of [${dims.join(", ")}] along axis ${axis}, got ${scale.length}`;
}

export interface Quantiser {
  /** A code per element, in the tensor's own order. */
  codes(tensor: Tensor<"float32">): Uint8Array;
  values(codes: Uint8Array, dims: readonly number[]): Float32Array;
}

/** Adding and taking away 1.5 * 2^52 rounds a double below 2^51 to the nearest whole number, ties to even. */
const roundEven = 6755399441055744;

/** @param bits 1 to 8 */
export function quantiser({ scale, zero, axis }: Steps, bits: number): Quantiser {
  if (scale.length === 0 || scale.length !== zero.length || !scale.every((step) => step > 0)) {
    throw internal("a quantiser needs as many positive scales as zero points");
  }
  const runs = (dims: readonly number[]): Runs => channelRuns(dims, scale.length, axis);
  const most = 2 ** bits - 1;
  // A row of values per channel: reading one is faster than computing it.
  const tables = scale.map((step, c) =>
    Float32Array.from({ length: 256 }, (_, code) => (Math.min(code, most) - zero[c]!) * step),
  );
  return {
    codes({ data, dims }) {
      const { count, inner } = runs(dims);
      const codes = new Uint8Array(data.length);
      for (let start = 0, run = 0; start < data.length; start += inner, run++) {
        const step = scale[run % count]!;
        const offset = zero[run % count]!;
        for (let i = start; i < start + inner; i++) {
          const q = Math.fround(data[i]! / step) + roundEven - roundEven + offset;
          // Whatever is too large saturates, infinities too; a NaN takes zero's code.
          codes[i] = q >= most ? most : q > 0 ? q : q === q ? 0 : offset;
        }
      }
      return codes;
    },
    values(codes, dims) {
      const { count, inner } = runs(dims);
      const data = new Float32Array(codes.length);
      for (let start = 0, run = 0; start < data.length; start += inner, run++) {
        const table = tables[run % count]!;
        for (let i = start; i < start + inner; i++) data[i] = table[codes[i]!]!;
      }
      return data;
    },
  };
}
