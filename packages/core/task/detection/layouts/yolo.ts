/** @file Ultralytics' detectors: centre, width, height and a score per class, for every place. */
import type { Tensors } from "../../../tensor/index.ts";
import type { ModelFacts } from "../../task.ts";
import { centredBox } from "../box.ts";
import type { Detection } from "../detections.ts";
import { bestScore } from "./best-score.ts";
import { isFloat, seenOutputs, valuesOf, type Layout, type Place } from "./layout.ts";

export interface YoloPlace extends Place {
  /** Whether the last dimension holds a detection's numbers; else it is the places, as exports have it. */
  last: boolean;
  /** Numbers of a detection: 4, the classes, and what else its model has, such as the weights of masks. */
  size: number;
  /** Whether a number in front of the classes says how sure it is that there is a thing at all (YOLOv5, YOLOv7). */
  objectness: boolean;
}

/**
 * The output [N, 4 + classes, places], or [N, places, 4 + classes]. Masks' prototypes [N, m, h, w] beside it say that it
 * has m more numbers, which are no scores.
 */
function find(facts: ModelFacts, classes: number, objectness: boolean): YoloPlace | undefined {
  const outputs = seenOutputs(facts).filter(isFloat);
  const masks = outputs.find(({ dims }) => dims.length === 4)?.dims[1] ?? 0;
  const before = objectness ? 5 : 4;
  const wanted = before + classes + masks;
  const possible = outputs.filter(({ dims }) => dims.length === 3);
  const exact = possible.find(({ dims }) => dims.slice(objectness ? 2 : 1).includes(wanted));
  // Places are more than numbers of one; of YOLOv5 and YOLOv7 they come first.
  const larger = possible.find(({ dims: [, first = 0, second = 0] }) =>
    objectness ? second > wanted && first > second : Math.min(first, second) > wanted,
  );
  const chosen = exact ?? larger;
  if (!chosen) return undefined;
  const { name, dims } = chosen;
  const last = objectness || (exact ? dims[1] !== wanted : dims[1]! > dims[2]!);
  const size = dims[last ? 2 : 1]!;
  return { outputs: [name], decides: [name], classes: size - before - masks, firstClass: 0, last, size, objectness };
}

function read(place: YoloPlace, outputs: Tensors, confidence: number): Detection[][] {
  const { values, dims } = valuesOf(outputs, place.outputs[0]!);
  const { last, size, classes, objectness } = place;
  const places = last ? dims[1]! : dims[2]!;
  const [step, stride] = last ? [size, 1] : [1, places];
  const before = objectness ? 5 : 4;
  return Array.from({ length: dims[0]! }, (_, image) => {
    const found: Detection[] = [];
    for (let k = 0; k < places; k++) {
      const at = image * places * size + k * step;
      const number = (i: number): number => values[at + i * stride]!;
      const sure = objectness ? number(4) : 1;
      if (sure <= confidence) continue;
      for (let c = 0; c < classes; c++) {
        const score = sure * number(before + c);
        if (score <= confidence) continue;
        found.push({ class: c, score, box: centredBox(number(0), number(1), number(2), number(3)) });
      }
    }
    return found;
  });
}

export const yolo: Layout<YoloPlace> = {
  means: "Ultralytics: one output [N, 4 + classes, places], boxes as centre, width and height in pixels",
  suppress: true,
  find: (facts, { classes }) => find(facts, classes.length, false),
  read,
  target(g, { outputs: [name], size, classes, last }) {
    return [{ tensor: name!, seed: bestScore(g, name!, { size, from: 4, to: 4 + classes, last }) }];
  },
};

export const yoloObjectness: Layout<YoloPlace> = {
  means: "YOLOv5 and YOLOv7: one output [N, places, 5 + classes], the fifth number says whether there is a thing",
  suppress: true,
  find: (facts, { classes }) => find(facts, classes.length, true),
  read,
  // Of the surest thing; that of its best class follows it.
  target(g, { outputs: [name], size, last }) {
    return [{ tensor: name!, seed: bestScore(g, name!, { size, from: 4, to: 5, last }) }];
  },
};
