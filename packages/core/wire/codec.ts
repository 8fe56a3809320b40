/** @file Codecs at a cut: a float32 tensor to bytes on the wire and back. */
import { internal } from "../errors/index.ts";
import { float32, sizeOf, type Tensor } from "../tensor/index.ts";
import { fromBytes, toBytes } from "./bytes.ts";
import type { Calibration } from "./calibrate.ts";
import { channelRuns } from "./channels.ts";
import { fromFloat16, toFloat16 } from "../tensor/index.ts";

/** Everything that makes a codec, as plain JSON for a bundle's manifest. */
export type CodecParameters =
  | { kind: "float32" }
  | { kind: "float16" }
  | {
      kind: "uint8";
      /** value = (q - zero) * scale; one pair for the tensor, or one per channel along `axis`. */
      scale: number[];
      zero: number[];
      axis: number;
    };

export interface Codec {
  readonly parameters: CodecParameters;
  /** Bytes that one value takes. */
  readonly width: number;
  /** Little-endian, in the tensor's own order, without a header. */
  encode(tensor: Tensor<"float32">): Uint8Array<ArrayBuffer>;
  /** `bytes` must hold the elements of `dims` exactly. */
  decode(bytes: Uint8Array, dims: readonly number[]): Tensor<"float32">;
}

export function createCodec(parameters: CodecParameters): Codec {
  switch (parameters.kind) {
    case "float32":
      return {
        parameters,
        width: 4,
        encode: ({ data }) => toBytes(data),
        decode: (bytes, dims) => float32(dims, fromBytes(checked(bytes, dims, 4), new Float32Array(sizeOf(dims)))),
      };
    case "float16":
      return {
        parameters,
        width: 2,
        encode: ({ data }) => toBytes(toFloat16(data)),
        decode: (bytes, dims) =>
          float32(dims, fromFloat16(fromBytes(checked(bytes, dims, 2), new Uint16Array(sizeOf(dims))))),
      };
    case "uint8":
      return uint8Codec(parameters);
    default:
      throw internal(`unknown codec ${JSON.stringify(parameters satisfies never)}`);
  }
}

/**
 * The uint8 codec for a calibrated range, with ONNX's QuantizeLinear arithmetic. The range is widened to hold zero, so
 * that zero (padding, what a ReLU cuts off) has a code of its own; the error is at most half a step inside the range.
 */
export function uint8Parameters({ min, max, axis }: Calibration): CodecParameters {
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

/** Adding and taking away 1.5 * 2^52 rounds a double below 2^51 to the nearest whole number, ties to even. */
const roundEven = 6755399441055744;

function uint8Codec(parameters: Extract<CodecParameters, { kind: "uint8" }>): Codec {
  const { scale, zero, axis } = parameters;
  if (scale.length === 0 || scale.length !== zero.length || !scale.every((step) => step > 0)) {
    throw internal("a uint8 codec needs as many positive scales as zero points");
  }
  const runs = (dims: readonly number[]): { count: number; inner: number } => channelRuns(dims, scale.length, axis);
  return {
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
      checked(bytes, dims, 1);
      const data = new Float32Array(bytes.length);
      for (let start = 0, run = 0; start < data.length; start += inner, run++) {
        const step = scale[run % count]!;
        const offset = zero[run % count]!;
        for (let i = start; i < start + inner; i++) data[i] = (bytes[i]! - offset) * step;
      }
      return float32(dims, data);
    },
  };
}

function checked(bytes: Uint8Array, dims: readonly number[], width: number): Uint8Array {
  if (bytes.length !== sizeOf(dims) * width) {
    throw internal(`${bytes.length} bytes for the shape [${dims.join(", ")}] at ${width} bytes a value`);
  }
  return bytes;
}

/** The codec of a kind for what was seen of the tensor. Throws where there is no such kind. */
export function calibratedCodec(kind: string, calibration: Calibration): Codec {
  switch (kind) {
    case "float32":
    case "float16":
      return createCodec({ kind });
    case "uint8":
      return createCodec(uint8Parameters(calibration));
    default:
      throw internal(`unknown codec ${kind}`);
  }
}
