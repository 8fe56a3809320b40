/** @file What the receiver makes of a message: bytes, values, and what stands in for those that never came. */
import type { Tensor } from "../tensor/index.ts";
import type { Calibration } from "./calibrate.ts";
import { concealments, usualConcealment, type ConcealmentKind } from "./conceal/index.ts";
import type { Received } from "./message.ts";
import { decodeMessage, type MessagePart } from "./tensors.ts";

/** A tensor of the message, and what stands in for values of it. */
export interface ExpectedPart extends MessagePart {
  /** What was seen of the tensor in calibration. */
  seen: Pick<Calibration, "mean" | "axis">;
  /** Default: the usual one. */
  concealment?: ConcealmentKind;
}

/**
 * The tensors made of a message with holes: values whose bytes lay, even partly, in what is missing are concealed; all
 * others are as decoded. What `bytes` holds in the holes does not matter.
 */
export function reassemble(received: Received, parts: readonly ExpectedPart[]): Tensor<"float32">[] {
  return decodeMessage(parts, received).map(({ tensor, lost }, i) => {
    const { dims, seen, concealment = usualConcealment } = parts[i]!;
    if (lost.length > 0) concealments[concealment].fill(tensor.data, dims, lost, seen);
    return tensor;
  });
}
