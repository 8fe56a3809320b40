/** @file Keypoints: where the parts of things are. */
export {
  keypoints,
  keypointsRow,
  type KeypointsBinding,
  type KeypointsEvidence,
  type TrueFigure,
} from "./keypoints.ts";
export { formNames, forms, type Figure, type FormName } from "./forms.ts";
export type { PckRules } from "./pck.ts";
export type { KeypointsSpec } from "./spec.ts";
