/** @file What the receiver makes of a message: packets, bytes, values, and what stands in for those that never came. */
import type { Tensor } from "../tensor/index.ts";
import type { Calibration } from "./calibrate.ts";
import type { Codec } from "./codec.ts";
import { concealments, type ConcealmentKind } from "./conceal/index.ts";
import { protections, type ProtectionKind } from "./protect/index.ts";

export interface LossyMessage {
  bytes: Uint8Array;
  dims: readonly number[];
  /** Indices of the packets that did not arrive. */
  missing: Iterable<number>;
  /** Most bytes of a packet. */
  payload: number;
}

export interface Reassembly {
  codec: Codec;
  /** What was seen of the tensor in calibration. */
  seen: Pick<Calibration, "mean" | "axis">;
  /** Default `none`. */
  protection?: ProtectionKind;
  /** Default `mean`. */
  concealment?: ConcealmentKind;
}

/**
 * The tensor made of a message with holes: values whose bytes lay, even partly, in what is missing are concealed; all
 * others are as decoded. What `bytes` holds in the holes does not matter.
 */
export function reassemble(
  { bytes, dims, missing, payload }: LossyMessage,
  { codec, seen, protection = "none", concealment = "mean" }: Reassembly,
): Tensor<"float32"> {
  const plan = protections[protection].plan(bytes.length, payload);
  const { tensor, lost } = codec.decode({ bytes, missing: plan.repair(missing) }, dims);
  if (lost.length > 0) concealments[concealment].fill(tensor.data, dims, lost, seen);
  return tensor;
}
