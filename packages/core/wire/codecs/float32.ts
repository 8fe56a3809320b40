/** @file float32: the values themselves. */
import type { CodecRow } from "../codec.ts";
import { fixedWidth, strideField } from "./fixed-width.ts";

export const float32: CodecRow<{ kind: "float32"; stride?: number }> = {
  means: "the values themselves, 4 bytes each",
  lossless: true,
  stepped: false,
  share: 1,
  fields: { stride: strideField },
  calibrated: () => ({ kind: "float32" }),
  open: (parameters) =>
    fixedWidth({
      parameters,
      bits: 32,
      codes: ({ data }) => data,
      values: (codes) => codes as Float32Array,
    }),
};
