/** @file What a study can say of a detector. */
import type { Numbering } from "../numbering.ts";
import type { AnchorSpec } from "./anchors.ts";
import type { LayoutName } from "./layouts/index.ts";

export interface DetectionSpec extends Numbering {
  kind: "detection";
  /** Names by label. */
  classes: readonly string[];
  /** The form of the outputs. Default: the first that fits. */
  outputs?: LayoutName;
  /** Less sure detections are left out. Default 0.001, as benchmarks have it. */
  confidence?: number;
  /**
   * Of layouts that hold several boxes of one thing: the share of their union from which two of a class overlap too much.
   * Default 0.7.
   */
  overlap?: number;
  /** Detections per image, the surest. Default 300. */
  most?: number;
  /** Of the layout `anchors`: the boxes that its numbers move. */
  anchors?: AnchorSpec;
  /** Whether the metrics by size of things, and those of 1 and 10 detections, are wanted too. Default: no. */
  details?: boolean;
}
