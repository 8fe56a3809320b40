/** @file bfloat16: the upper half of a float32, rounded to nearest, ties to even; ONNX's BFLOAT16. */
import type { CodecRow } from "../codec.ts";
import { fixedWidth, strideField } from "./fixed-width.ts";

export const bfloat16: CodecRow<{ kind: "bfloat16"; stride?: number }> = {
  means: "float32's range with 8 bits of precision, 2 bytes each",
  lossless: false,
  stepped: false,
  share: 1 / 2,
  fields: { stride: strideField },
  calibrated: () => ({ kind: "bfloat16" }),
  open: (parameters) =>
    fixedWidth({
      parameters,
      bits: 16,
      codes: ({ data }) => toBfloat16(data),
      values: (codes) => fromBfloat16(codes as Uint16Array),
    }),
};

function toBfloat16(data: Float32Array): Uint16Array {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // A carry runs into the exponent, and from the greatest into infinity, as it should; a NaN must stay one.
    halves[i] = (word & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}

function fromBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
