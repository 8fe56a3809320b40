/** @file What a receiver makes of tensors of which datagrams were lost. */
import { rows, type Tensor } from "@split-et-impera/core/tensor";
import { reassemble, type Reassembly } from "@split-et-impera/core/wire";

/**
 * What the receiver makes of each row when its own datagrams are missing.
 * @param payload bytes in a full datagram
 */
export function withHoles(
  sent: Tensor<"float32">,
  missing: readonly Uint32Array[],
  payload: number,
  reassembly: Reassembly,
): Tensor<"float32"> {
  const data = new Float32Array(sent.data.length);
  const size = data.length / missing.length;
  missing.forEach((lost, row) => {
    const own = rows(sent, row, row + 1);
    const { bytes } = reassembly.codec.encode(own);
    data.set(reassemble({ bytes, dims: own.dims, missing: lost, payload }, reassembly).data, row * size);
  });
  return { type: "float32", dims: sent.dims, data };
}
