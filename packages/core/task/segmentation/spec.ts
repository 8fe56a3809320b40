/** @file What a study can say of a segmenter. */
import type { Numbering } from "../numbering.ts";
import type { MapForm } from "./place.ts";
import type { RegionRules } from "./regions.ts";

export interface SegmentationSpec extends Numbering {
  kind: "segmentation";
  /** Names by label. */
  classes: readonly string[];
  /** Which output says the classes. Default: the first that fits. */
  output?: string;
  /** Its form. Default: by its type and dimensions. */
  outputs?: MapForm;
  /** Of a probability: pixels above it are of the class. Default 0.5. */
  threshold?: number;
  /**
   * Whether pixels of no object are a class of their own where the data tell objects and have no class `background`.
   * Default: where there is one class only; else they are void.
   */
  background?: boolean;
  /** Judge the boxes of a probability's regions, and not pixels. */
  regions?: RegionRules;
}
