/** @file Detection: outputs of detectors read, and judged as COCO does. */
export { detection, detectionRow, type DetectionBinding, type Thing } from "./detection.ts";
export type { Detection } from "./detections.ts";
export type { Box } from "./box.ts";
export type { Matches } from "./matching.ts";
export { layoutNames, layouts, type LayoutName } from "./layouts/index.ts";
export type { DetectionSpec } from "./spec.ts";
