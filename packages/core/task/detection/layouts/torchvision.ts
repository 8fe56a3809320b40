/** @file torchvision's detectors: boxes, labels and scores of one picture, without a batch. */
import { cornersAt } from "../box.ts";
import type { Detection } from "../detections.ts";
import { isFloat, seenOutputs, valuesOf, type Layout, type Place, type SeenOutput } from "./layout.ts";

export interface ListPlace extends Place {
  boxes: string;
  labels: string;
  scores: string;
}

export const torchvision: Layout<ListPlace> = {
  means: "torchvision: boxes [K, 4] as two corners in pixels, labels [K] from 1 and scores [K] of one picture",
  suppress: false,
  find(facts, { classes }) {
    const all = seenOutputs(facts);
    // By its name, else the first of its shape.
    const part = (name: string, fits: (one: SeenOutput) => boolean): string | undefined =>
      (all.find((one) => one.name === name && fits(one)) ?? all.find(fits))?.name;
    const boxes = part("boxes", (one) => isFloat(one) && one.dims.length === 2 && one.dims[1] === 4);
    const labels = part("labels", ({ type, dims }) => /^int(32|64)$/.test(type) && dims.length === 1);
    const scores = part("scores", (one) => isFloat(one) && one.dims.length === 1);
    if (boxes === undefined || labels === undefined || scores === undefined) return undefined;
    return {
      outputs: [boxes, labels, scores],
      decides: [scores],
      classes: classes.length,
      firstClass: 1,
      boxes,
      labels,
      scores,
    };
  },
  read({ boxes, labels, scores }, outputs, confidence) {
    const [corners, numbers, sure] = [boxes, labels, scores].map((name) => valuesOf(outputs, name).values) as [
      ArrayLike<number>,
      ArrayLike<number>,
      ArrayLike<number>,
    ];
    const found = Array.from(sure, (score, k): Detection => ({
      class: numbers[k]!,
      score,
      box: cornersAt(corners, 4 * k),
    }));
    return [found.filter(({ score }) => score > confidence)];
  },
  // There may be none at all, of which none is the best: all of them.
  target: (g, { scores }) => [{ tensor: scores, seed: g.expandLike(g.scalar(1), scores) }],
};
