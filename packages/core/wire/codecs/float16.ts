/** @file float16: the values rounded to the nearest half precision number, ties to even (IEEE 754 binary16). */
import { fromFloat16, toFloat16 } from "../../tensor/index.ts";
import type { CodecRow } from "../codec.ts";
import { fixedWidth, strideField } from "./fixed-width.ts";

export const float16: CodecRow<{ kind: "float16"; stride?: number }> = {
  means: "rounded to half precision, 2 bytes each",
  lossless: false,
  stepped: false,
  share: 1 / 2,
  fields: { stride: strideField },
  calibrated: () => ({ kind: "float16" }),
  open: (parameters) =>
    fixedWidth({
      parameters,
      bits: 16,
      codes: ({ data }) => toFloat16(data),
      values: (codes) => fromFloat16(codes as Uint16Array),
    }),
};
