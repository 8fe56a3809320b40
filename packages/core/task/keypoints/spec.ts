/** @file What a study can say of a model of keypoints. */
import type { Numbering } from "../numbering.ts";
import type { FormName } from "./forms.ts";
import type { PckRules } from "./pck.ts";

export interface KeypointsSpec extends Numbering {
  kind: "keypoints";
  /** Names of the things that have keypoints, by label. */
  classes: readonly string[];
  /** The form of the outputs. Default: the first that fits. */
  outputs?: FormName;
  /** How far keypoints are usually off, each a share of the root of the thing's area. Default: COCO's for 17, else 1 / K. */
  sigmas?: readonly number[];
  /** The share of keypoints that are near enough is wanted, too, and designs are ranked by it. */
  pck?: PckRules;
  /** Of heatmaps: whether the place moves a quarter of a pixel towards the larger neighbour. Default: yes. */
  shift?: boolean;
  /** Less sure things are left out. Default 0.001. */
  confidence?: number;
  /** The share of their union from which two boxes overlap too much, where the model does not choose. Default 0.7. */
  overlap?: number;
  /** Things per picture, the surest. Default 300. */
  most?: number;
}
