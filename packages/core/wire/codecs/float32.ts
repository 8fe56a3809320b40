/** @file float32: the values themselves. */
import { sizeOf } from "../../tensor/index.ts";
import { float32View, fromBytes, toBytes } from "../bytes.ts";
import type { CodecRow } from "../codec.ts";
import { fixedWidth } from "./fixed-width.ts";

export const float32: CodecRow<{ kind: "float32" }> = {
  means: "the values themselves, 4 bytes each",
  lossless: true,
  share: 1,
  fields: {},
  calibrated: () => ({ kind: "float32" }),
  open: (parameters) =>
    fixedWidth({
      parameters,
      width: 4,
      encode: ({ data }) => toBytes(data),
      decode: (bytes, dims, handedOver) =>
        (handedOver ? float32View(bytes) : undefined) ?? fromBytes(bytes, new Float32Array(sizeOf(dims))),
    }),
};
