/** @file DETR and its kin: logits of classes and boxes of the picture's parts, by query. */
import { pictureSize } from "../../picture.ts";
import { centredBox } from "../box.ts";
import type { Detection } from "../detections.ts";
import { bestScore } from "./best-score.ts";
import { isFloat, seenOutputs, valuesOf, type Layout, type Place } from "./layout.ts";
import { boxesAmong, rowScores, scorePlace, type ScorePlace } from "./scores.ts";

export interface QueryPlace extends Place, ScorePlace {
  boxes: string;
  height: number;
  width: number;
}

export const detr: Layout<QueryPlace> = {
  means:
    "DETR: logits [N, queries, classes + 1] with nothing last (RT-DETR: [N, queries, classes]), and boxes " +
    "[N, queries, 4] as centre, width and height in shares of the picture",
  suppress: false,
  find(facts, { classes, anchors }) {
    if (anchors) return undefined;
    const all = seenOutputs(facts).filter((one) => isFloat(one) && one.dims.length === 3);
    const boxes = boxesAmong(all);
    const logits = all.find((one) => one !== boxes && one.dims[1] === boxes?.dims[1] && one.dims[2]! >= classes.length);
    if (!boxes || !logits) return undefined;
    const place = scorePlace(facts, logits, { classes: classes.length, nothing: "last" });
    return {
      outputs: [logits.name, boxes.name],
      decides: [logits.name],
      classes: place.to - place.from,
      firstClass: place.from,
      ...place,
      boxes: boxes.name,
      ...pictureSize(facts),
    };
  },
  read(place, outputs, confidence) {
    const { values, dims } = valuesOf(outputs, place.scores);
    const { values: shares } = valuesOf(outputs, place.boxes);
    const { height, width, from, to, size } = place;
    const queries = dims[1]!;
    return Array.from({ length: dims[0]! }, (_, image) => {
      const found: Detection[] = [];
      for (let row = image * queries; row < (image + 1) * queries; row++) {
        const share = (i: number): number => shares[4 * row + i]! * (i % 2 === 0 ? width : height);
        const scores = rowScores(place, values, row * size);
        for (let c = from; c < to; c++)
          if (scores[c]! > confidence)
            found.push({ class: c, score: scores[c]!, box: centredBox(share(0), share(1), share(2), share(3)) });
      }
      return found;
    });
  },
  target: (g, { scores, size, from, to }) => [
    { tensor: scores, seed: bestScore(g, scores, { size, from, to, last: true }) },
  ],
};
