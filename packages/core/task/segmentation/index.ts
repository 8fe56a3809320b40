/** @file Segmentation: classes of pixels, and regions of probability maps. */
export { segmentation, segmentationRow, type SegmentationBinding } from "./segmentation.ts";
export type { ClassMap } from "./class-map.ts";
export type { SegmentEvidence } from "./metrics.ts";
export type { MapForm } from "./place.ts";
export { polygonPixels, runPixels } from "./rasterise.ts";
export { usualRegions, type RegionRules } from "./regions.ts";
export type { SegmentationSpec } from "./spec.ts";
export type { Segments } from "./truth.ts";
