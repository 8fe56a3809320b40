/** @file Detectors that suppress by themselves: rows of two corners, score and class. */
import { cornersAt } from "../box.ts";
import type { Detection } from "../detections.ts";
import { bestScore } from "./best-score.ts";
import { isFloat, seenOutputs, valuesOf, type Layout, type Place } from "./layout.ts";

/** More rows are places of a model that does not suppress. */
const mostRows = 1000;
const size = 6;

export const yoloEnd: Layout<Place> = {
  means: "end to end: one output [N, detections, 6], two corners in pixels, score and class",
  suppress: false,
  find(facts, { classes }) {
    const found = seenOutputs(facts).find(
      (one) => isFloat(one) && one.dims.length === 3 && one.dims[2] === size && one.dims[1]! <= mostRows,
    );
    return found && { outputs: [found.name], decides: [found.name], classes: classes.length, firstClass: 0 };
  },
  read({ outputs: [name] }, outputs, confidence) {
    const { values, dims } = valuesOf(outputs, name!);
    const rows = dims[1]!;
    return Array.from({ length: dims[0]! }, (_, image) =>
      Array.from({ length: rows }, (__, row): Detection => {
        const at = (image * rows + row) * size;
        return { class: Math.round(values[at + 5]!), score: values[at + 4]!, box: cornersAt(values, at) };
      }).filter(({ score }) => score > confidence),
    );
  },
  target: (g, { outputs: [name] }) => [
    { tensor: name!, seed: bestScore(g, name!, { size, from: 4, to: 5, last: true }) },
  ],
};
