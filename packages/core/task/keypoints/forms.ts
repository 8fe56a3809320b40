/** @file The table of the forms in which models give keypoints, in the order in which they are tried. */
import type { GraphBuilder } from "../../onnx/index.ts";
import type { Tensors } from "../../tensor/index.ts";
import { centredBox, cornersAt } from "../detection/box.ts";
import type { Detection } from "../detection/detections.ts";
import { bestScore } from "../detection/layouts/best-score.ts";
import { isFloat, seenOutputs, valuesOf } from "../detection/layouts/layout.ts";
import { torchvision as detector } from "../detection/layouts/torchvision.ts";
import { largest } from "../outputs.ts";
import { pictureSize } from "../picture.ts";
import type { ModelFacts, Target } from "../task.ts";
import { keypointBox } from "./similarity.ts";
import type { KeypointsSpec } from "./spec.ts";

/** A thing with its keypoints: x and y in pixels of the input, and how sure each is. */
export interface Figure extends Detection {
  keypoints: number[];
}

/** Where the parts lie: plain data. */
export interface FigurePlace {
  outputs: string[];
  decides: string[];
  /** Keypoints of a thing. */
  points: number;
  firstClass: number;
  /** Of a grid: the classes; of heatmaps: how many pixels of the picture one of theirs is. */
  classes: number;
  across: number;
  down: number;
}

export interface Form {
  means: string;
  suppress: boolean;
  find(facts: ModelFacts, spec: KeypointsSpec): FigurePlace | undefined;
  read(place: FigurePlace, outputs: Tensors, options: { confidence: number; shift: boolean }): Figure[][];
  target(g: GraphBuilder, place: FigurePlace): Target[];
}

/** Numbers of a keypoint: x, y and how sure it is. */
const each = 3;

const torchvision: Form = {
  means: "torchvision: boxes [D, 4], labels [D] from 1, scores [D] and keypoints [D, K, 3] of one picture",
  suppress: false,
  find(facts, { classes }) {
    const found = detector.find(facts, { kind: "detection", classes });
    const points = seenOutputs(facts).find((one) => isFloat(one) && one.dims.length === 3 && one.dims[2] === each);
    if (!found || !points) return undefined;
    const { boxes, labels, scores, firstClass } = found;
    const outputs = [boxes, labels, scores, points.name];
    return { ...plain, outputs, decides: [scores], points: points.dims[1]!, firstClass, classes: classes.length };
  },
  read({ outputs: names, points }, outputs, { confidence }) {
    const [boxes, labels, scores, keypoints] = names.map((name) => valuesOf(outputs, name).values) as [
      ArrayLike<number>,
      ArrayLike<number>,
      ArrayLike<number>,
      ArrayLike<number>,
    ];
    const all = Array.from(scores, (score, i): Figure => ({
      class: labels[i]!,
      score,
      box: cornersAt(boxes, 4 * i),
      keypoints: Array.from({ length: each * points }, (_, k) => keypoints[each * points * i + k]!),
    }));
    return [all.filter(({ score }) => score > confidence)];
  },
  target: (g, { decides: [scores] }) => [{ tensor: scores!, seed: g.expandLike(g.scalar(1), scores!) }],
};

const plain = { across: 1, down: 1, firstClass: 0 };

const yoloPose: Form = {
  means: "Ultralytics pose: one output [N, 4 + classes + 3 K, places], boxes as centre, width and height in pixels",
  suppress: true,
  find(facts, { classes, sigmas }) {
    const before = 4 + classes.length;
    const found = seenOutputs(facts).find(
      (one) =>
        isFloat(one) &&
        one.dims.length === 3 &&
        (sigmas ? one.dims[1] === before + each * sigmas.length : (one.dims[1]! - before) % each === 0) &&
        one.dims[1]! > before,
    );
    if (!found) return undefined;
    const points = (found.dims[1]! - before) / each;
    return { ...plain, outputs: [found.name], decides: [found.name], points, classes: classes.length };
  },
  read({ outputs: [name], points, classes }, outputs, { confidence }) {
    const { values, dims } = valuesOf(outputs, name!);
    const places = dims[2]!;
    const size = 4 + classes + each * points;
    return Array.from({ length: dims[0]! }, (_, image) => {
      const found: Figure[] = [];
      for (let place = 0; place < places; place++) {
        const number = (i: number): number => values[(image * size + i) * places + place]!;
        for (let c = 0; c < classes; c++) {
          const score = number(4 + c);
          if (score <= confidence) continue;
          const box = centredBox(number(0), number(1), number(2), number(3));
          const keypoints = Array.from({ length: each * points }, (__, k) => number(4 + classes + k));
          found.push({ class: c, score, box, keypoints });
        }
      }
      return found;
    });
  },
  target: (g, { outputs: [name], points, classes }) => {
    const size = 4 + classes + each * points;
    return [{ tensor: name!, seed: bestScore(g, name!, { size, from: 4, to: 4 + classes, last: false }) }];
  },
};

const heatmaps: Form = {
  means: "heatmaps [N, K, height, width] of one thing per picture; a keypoint is where its map is largest",
  suppress: false,
  find(facts, { classes, sigmas }) {
    const found = seenOutputs(facts).find(
      (one) => isFloat(one) && one.dims.length === 4 && (sigmas === undefined || one.dims[1] === sigmas.length),
    );
    if (!found) return undefined;
    const picture = pictureSize(facts);
    const [, points, height, width] = found.dims as [number, number, number, number];
    const size = { across: picture.width / width, down: picture.height / height };
    return { ...plain, ...size, outputs: [found.name], decides: [found.name], points, classes: classes.length };
  },
  read({ outputs: [name], points, across, down }, outputs, { shift }) {
    const { values, dims } = valuesOf(outputs, name!);
    const [, , height, width] = dims as [number, number, number, number];
    return Array.from({ length: dims[0]! }, (_, image): Figure[] => {
      const keypoints = Array.from({ length: points }, (__, k) => {
        const { x, y, value } = peak(values, (image * points + k) * height * width, { height, width }, shift);
        return [x * across, y * down, value];
      }).flat();
      const score = keypoints.reduce((sum, value, i) => sum + (i % each === 2 ? value : 0), 0) / points;
      return [{ class: 0, score, box: keypointBox(keypoints), keypoints }];
    });
  },
  target(g, { outputs: [name] }) {
    const maps = g.reshape(name!, [0, 0, -1]);
    const peaks = g.oneHot(g.argMax(maps, 2), g.sizes(maps, [2]), -1);
    return [{ tensor: name!, seed: g.reshapeLike(peaks, name!) }];
  },
};

/** Where a map is largest; moved by a quarter towards the larger of the neighbours on each axis. */
function peak(
  values: ArrayLike<number>,
  start: number,
  { height, width }: { height: number; width: number },
  shift: boolean,
): { x: number; y: number; value: number } {
  const best = largest(values, start, height * width);
  const [x, y] = [best % width, Math.floor(best / width)];
  const towards = (step: number, at: number, size: number): number =>
    shift && at > 0 && at < size - 1
      ? 0.25 * Math.sign(values[start + best + step]! - values[start + best - step]!)
      : 0;
  return { x: x + towards(1, x, width), y: y + towards(width, y, height), value: values[start + best]! };
}

export const forms = { torchvision, "yolo-pose": yoloPose, heatmaps } as const satisfies Record<string, Form>;

export type FormName = keyof typeof forms;

export const formNames = Object.keys(forms) as [FormName, ...FormName[]];
