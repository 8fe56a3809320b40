/** @file What a receiver makes of tensors of which datagrams were lost. */
import { rows, type Tensor } from "@split-et-impera/core/tensor";
import { encodeMessage, reassemble, type ByteRange, type ExpectedPart } from "@split-et-impera/core/wire";

/**
 * What the receiver makes of each row of the tensors, which go as one message, when bytes of its own are missing.
 * @param parts how each tensor crosses, and what was seen of it
 */
export function withHoles(
  sent: readonly Tensor<"float32">[],
  missing: readonly (readonly ByteRange[])[],
  parts: readonly Pick<ExpectedPart, "codec" | "seen" | "concealment">[],
): Tensor<"float32">[] {
  const result = sent.map(({ dims, data }) => ({
    type: "float32" as const,
    dims,
    data: new Float32Array(data.length),
  }));
  missing.forEach((lost, row) => {
    // Of one sample all is its own, wherever the batch is.
    const own = missing.length === 1 ? sent : sent.map((tensor) => rows(tensor, row, row + 1));
    const codecs = parts.map(({ codec }) => codec);
    const { bytes } = encodeMessage(codecs, own);
    const expected = parts.map((part, i) => ({ ...part, dims: own[i]!.dims }));
    reassemble({ bytes, missing: lost }, expected).forEach(({ data }, i) =>
      result[i]!.data.set(data, row * data.length),
    );
  });
  return result;
}
