/** @file float16: the values rounded to the nearest half precision number, ties to even (IEEE 754 binary16). */
import { fromFloat16, sizeOf, toFloat16 } from "../../tensor/index.ts";
import { fromBytes, toBytes } from "../bytes.ts";
import type { CodecRow } from "../codec.ts";
import { fixedWidth } from "./fixed-width.ts";

export const float16: CodecRow<{ kind: "float16" }> = {
  means: "rounded to half precision, 2 bytes each",
  lossless: false,
  share: 1 / 2,
  fields: {},
  calibrated: () => ({ kind: "float16" }),
  open: (parameters) =>
    fixedWidth({
      parameters,
      width: 2,
      encode: ({ data }) => toBytes(toFloat16(data)),
      decode: (bytes, dims) => fromFloat16(fromBytes(bytes, new Uint16Array(sizeOf(dims)))),
    }),
};
