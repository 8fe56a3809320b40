/** @file What a concealment is: what stands in for values that never came. */
import type { Calibration } from "../calibrate.ts";
import type { ElementRange } from "../message.ts";

/** A row of the table of concealments. */
export interface ConcealmentRow {
  /** A few words. */
  means: string;
  /** What is put into the lost elements of an array of shape `dims`, one frame, in place, by what was seen of the tensor. */
  fill(
    data: Float32Array | Uint8Array,
    dims: readonly number[],
    lost: readonly ElementRange[],
    seen: Pick<Calibration, "mean" | "axis">,
  ): void;
}
