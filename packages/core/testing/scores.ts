/** @file The class scores of a model in tests, where nothing but their number matters. */
import type { Inspection } from "../onnx/index.ts";
import { classAim, type Aim } from "../saliency/index.ts";

/** What saliency and training read, of a model with this many classes. */
export function aimAt(inspection: Inspection, classes: number, by: Aim["by"] = "label"): ReturnType<typeof classAim> {
  return classAim(
    inspection,
    Array.from({ length: classes }, (_, i) => `${i}`),
    by,
  );
}
