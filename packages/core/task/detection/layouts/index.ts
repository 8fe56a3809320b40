/** @file The table of layouts, in the order in which they are tried. */
import { anchors } from "./anchors.ts";
import { detr } from "./detr.ts";
import type { Layout, Place } from "./layout.ts";
import { torchvision } from "./torchvision.ts";
import { yoloEnd } from "./yolo-end.ts";
import { yolo, yoloObjectness } from "./yolo.ts";

const table = {
  torchvision,
  anchors,
  detr,
  "yolo-end": yoloEnd,
  yolo,
  "yolo-objectness": yoloObjectness,
};

export type LayoutName = keyof typeof table;

/** By the word that a study uses. What a layout found is its own affair. */
export const layouts = table as unknown as Record<LayoutName, Layout<Place>>;

export const layoutNames = Object.keys(table) as [LayoutName, ...LayoutName[]];

export type { Layout, Place } from "./layout.ts";
