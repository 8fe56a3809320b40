/**
 * @file float8: 4 bits of exponent and 3 of fraction, scaled by a number for the tensor; ONNX's FLOAT8E4M3FN, which saturates at
 * 448 and has no infinity (Micikevicius et al., FP8 formats for deep learning, 2022).
 */
import { internal } from "../../errors/index.ts";
import type { Calibration } from "../calibrate.ts";
import type { CodecRow } from "../codec.ts";
import { fixedWidth, strideField } from "./fixed-width.ts";

export interface Float8Parameters {
  kind: "float8";
  /** value = float8 * scale. */
  scale: number;
  stride?: number;
}

const greatest = 448;
const notANumber = 0x7f;

export const float8: CodecRow<Float8Parameters> = {
  means: "4 bits of exponent and 3 of fraction, scaled to the greatest value seen in training images, 1 byte each",
  lossless: false,
  stepped: false,
  share: 1 / 4,
  fields: { scale: { positive: true, means: "value = float8 * scale" }, stride: strideField },
  calibrated({ min, max }: Calibration) {
    const most = Math.max(...min.map(Math.abs), ...max.map(Math.abs));
    // A power of two costs no precision.
    return { kind: "float8", scale: most > 0 ? 2 ** Math.max(-118, Math.ceil(Math.log2(most / greatest))) : 1 };
  },
  open(parameters) {
    const { scale } = parameters;
    if (!(scale > 0)) throw internal("a float8 codec needs a positive scale");
    const table = Float32Array.from({ length: 256 }, (_, code) => valueOf(code) * scale);
    return fixedWidth({
      parameters,
      bits: 8,
      codes: ({ data }) => {
        const scaled = new Float32Array(data.length);
        for (let i = 0; i < data.length; i++) scaled[i] = data[i]! / scale;
        return toFloat8(scaled);
      },
      values(codes) {
        const values = new Float32Array(codes.length);
        for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]!]!;
        return values;
      },
    });
  },
};

/** (-1)^s 2^(e-7) (1 + f/8), or (-1)^s 2^-6 f/8 for e = 0; all bits set is NaN. */
function valueOf(code: number): number {
  const sign = code & 0x80 ? -1 : 1;
  const exponent = (code >>> 3) & 15;
  const fraction = code & 7;
  if ((code & 0x7f) === notANumber) return NaN;
  return exponent === 0 ? sign * fraction * 2 ** -9 : sign * (8 + fraction) * 2 ** (exponent - 10);
}

function toFloat8(values: Float32Array): Uint8Array {
  const words = new Uint32Array(values.buffer);
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i]! & 0x7fffffff;
    let code: number;
    if (magnitude > 0x7f800000) code = notANumber;
    else if (magnitude >= 0x3c800000) {
      // From 2^-6: a new exponent bias, and 20 bits of fraction rounded away, ties to even; what is too large saturates.
      code = Math.min(0x7e, (magnitude - 0x3c000000 + 0x7ffff + ((magnitude >>> 20) & 1)) >>> 20);
    } else {
      // Subnormal, in units of 2^-9: adding 1.5 * 2^52 rounds to even.
      code = Math.abs(values[i]!) * 512 + 6755399441055744 - 6755399441055744;
    }
    codes[i] = code | ((words[i]! >>> 24) & 0x80);
  }
  return codes;
}
