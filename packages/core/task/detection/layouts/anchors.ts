/** @file SSD, RetinaNet and their kin as they come from their heads: scores of classes, and how anchors are moved. */
import { InputError } from "../../../errors/index.ts";
import { pictureSize } from "../../picture.ts";
import { anchorsOf, movedAnchor, type Anchor } from "../anchors.ts";
import type { Detection } from "../detections.ts";
import { bestScore } from "./best-score.ts";
import { isFloat, seenOutputs, valuesOf, type Layout, type Place } from "./layout.ts";
import { boxesAmong, rowScores, scorePlace, type ScorePlace } from "./scores.ts";

export interface AnchorPlace extends Place, ScorePlace {
  deltas: string;
  anchors: Anchor[];
  divide: number[];
}

export const anchors: Layout<AnchorPlace> = {
  means:
    "SSD, RetinaNet: scores [N, A, classes] (with one more the first is the background) and deltas [N, A, 4], which " +
    "move the anchors that `anchors` gives",
  suppress: true,
  find(facts, { classes, anchors: spec }) {
    if (!spec) return undefined;
    const all = seenOutputs(facts).filter((one) => isFloat(one) && one.dims.length === 3);
    const deltas = boxesAmong(all);
    const scores = all.find(
      (one) => one !== deltas && one.dims[1] === deltas?.dims[1] && one.dims[2]! >= classes.length,
    );
    if (!deltas || !scores) return undefined;
    const boxes = anchorsOf(spec, pictureSize(facts));
    if (boxes.length !== deltas.dims[1])
      throw new InputError(
        "ERR_TASK_OUTPUT",
        `task.anchors: expected ${deltas.dims[1]} anchors for the output "${deltas.name}" ` +
          `[${deltas.dims.join(", ")}], got ${boxes.length}`,
      );
    const place = scorePlace(facts, scores, { classes: classes.length, nothing: "first" });
    return {
      outputs: [scores.name, deltas.name],
      decides: [scores.name],
      classes: place.to - place.from,
      firstClass: place.from,
      ...place,
      deltas: deltas.name,
      anchors: boxes,
      divide: [...(spec.divide ?? [1, 1, 1, 1])],
    };
  },
  read(place, outputs, confidence) {
    const { values, dims } = valuesOf(outputs, place.scores);
    const { values: deltas } = valuesOf(outputs, place.deltas);
    const { from, to, size } = place;
    const rows = dims[1]!;
    return Array.from({ length: dims[0]! }, (_, image) => {
      const found: Detection[] = [];
      place.anchors.forEach((anchor, row) => {
        const at = image * rows + row;
        const scores = rowScores(place, values, at * size);
        for (let c = from; c < to; c++) {
          if (scores[c]! <= confidence) continue;
          found.push({ class: c, score: scores[c]!, box: movedAnchor(anchor, deltas, 4 * at, place.divide) });
        }
      });
      return found;
    });
  },
  target: (g, { scores, size, from, to }) => [
    { tensor: scores, seed: bestScore(g, scores, { size, from, to, last: true }) },
  ],
};
