/** @file Detections in outputs of every form: found, read, and numbered as the data number classes. */
import { describe, expect, test } from "vitest";
import { float32, int64, toFloat16, type Tensor, type Tensors } from "../../tensor/index.ts";
import { factsFor } from "../testing/facts.ts";
import { anchorsOf } from "./anchors.ts";
import { detection } from "./detection.ts";
import { suppress } from "./detections.ts";
import { layoutNames, type LayoutName } from "./layouts/index.ts";
import type { DetectionSpec } from "./spec.ts";

const spec: DetectionSpec = { kind: "detection", classes: ["cat", "dog", "cow"], confidence: 0.1 };
const logit = (p: number): number => Math.log(p / (1 - p));

/** Rows of numbers as [1, rows, numbers], or turned round. */
const rows = (all: number[][]): Tensors[string] => float32([1, all.length, all[0]!.length], all.flat());
const columns = (all: number[][]): Tensors[string] =>
  float32(
    [1, all[0]!.length, all.length],
    all[0]!.flatMap((_, c) => all.map((row) => row[c]!)),
  );
/** Nothing, for places that see nothing. */
const empty = (size: number, count: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: size }, () => 0));

/** One picture with a cow of 40 x 20 pixels around (60, 50) and a cat of 10 x 30 around (150, 20), in every form. */
const forms: Record<LayoutName, { outputs: Tensors; more?: Partial<DetectionSpec> }> = {
  yolo: {
    outputs: {
      y: columns([[60, 50, 40, 20, 0, 0.05, 0.75], [150, 20, 10, 30, 0.5, 0, 0], ...empty(7, 10)]),
    },
  },
  "yolo-objectness": {
    outputs: {
      y: rows([[60, 50, 40, 20, 0.75, 0, 0, 1], [150, 20, 10, 30, 1, 0.5, 0, 0], ...empty(8, 10)]),
    },
  },
  "yolo-end": {
    outputs: { y: rows([[40, 40, 80, 60, 0.75, 2], [145, 5, 155, 35, 0.5, 0], ...empty(6, 10)]) },
  },
  torchvision: {
    outputs: {
      boxes: float32([2, 4], [40, 40, 80, 60, 145, 5, 155, 35]),
      labels: int64([2], [3, 1]),
      scores: float32([2], [0.75, 0.5]),
    },
  },
  detr: {
    outputs: {
      logits: rows([
        [-9, -9, Math.log(3), 0],
        [0, -9, -9, 0],
        [-9, -9, -9, 0],
      ]),
      pred_boxes: rows([
        [0.3, 0.5, 0.2, 0.2],
        [0.75, 0.2, 0.05, 0.3],
        [0.5, 0.5, 1, 1],
      ]),
    },
  },
  anchors: {
    outputs: {
      scores: rows([
        [logit(0.01), logit(0.01), logit(0.75)],
        [logit(0.5), logit(0.01), logit(0.01)],
      ]),
      deltas: rows([
        [0.5, 0, Math.log(2), Math.log(1)],
        [0, 0, 0, 0],
      ]),
    },
    more: {
      anchors: {
        boxes: [
          [50, 50, 20, 20],
          [150, 20, 10, 30],
        ],
      },
    },
  },
};

describe.each(layoutNames)("%s", (layout) => {
  const { outputs, more } = forms[layout];

  test("is found by itself, and its detections are read", () => {
    const task = detection({ ...spec, ...more });
    const binding = task.bind(factsFor(outputs));
    expect(binding).toMatchObject({ layout, notes: [] });
    const [answer, ...others] = task.answers(binding, outputs);
    expect(others).toEqual([]);
    expect(answer).toHaveLength(2);
    const [cow, cat] = answer!;
    expect([cow!.class, cat!.class]).toEqual([2, 0]);
    expect(cow!.score).toBeCloseTo(0.75, 2);
    expect(cat!.score).toBeCloseTo(0.5, 2);
    [40, 40, 40, 20].forEach((x, i) => expect(cow!.box[i]).toBeCloseTo(x, 3));
    [145, 5, 10, 30].forEach((x, i) => expect(cat!.box[i]).toBeCloseTo(x, 3));
  });

  test("is refused where the outputs are others, and numbers that are none are refused", () => {
    const task = detection({ ...spec, ...more, outputs: layout });
    const features = float32([1, 5], [1, 2, 3, 4, 5]);
    expect(() => task.bind(factsFor({ features }))).toThrow(
      new RegExp(`expected detections of 3 classes as ${layout}: .*got "features" float32 \\[1, 5\\]`),
    );
    const [name] = Object.keys(outputs) as [string];
    const broken = { ...outputs, [name]: { ...outputs[name]!, data: Float32Array.of(Number.NaN) } };
    expect(() => task.answers(task.bind(factsFor(outputs)), broken)).toThrow(`"${name}" holds NaN`);
  });
});

test("classes are numbered by the model's layout, from another number, or by a list", () => {
  const { outputs } = forms.torchvision;
  const classes = (more: Partial<DetectionSpec>): number[] => {
    const task = detection({ ...spec, ...more });
    return task.answers(task.bind(factsFor(outputs)), outputs)[0]!.map((one) => one.class);
  };
  expect(classes({})).toEqual([2, 0]);
  expect(classes({ firstClass: 0 })).toEqual([1]);
  expect(classes({ numbers: [3, 9, 1] })).toEqual([0, 2]);
});

test("a background in front is no class, and one behind is none", () => {
  const scores = rows([
    [0, -9, -9, 2],
    [3, 0, 0, 0],
  ]);
  const task = detection({ ...spec, ...forms.anchors.more });
  const outputs = { scores, deltas: forms.anchors.outputs["deltas"]! };
  const [answer] = task.answers(task.bind(factsFor(outputs)), outputs);
  expect(answer!.map((one) => one.class)).toEqual([2]);
  expect(answer![0]!.score).toBeCloseTo(Math.exp(2) / (1 + Math.exp(2)), 3);
});

test("numbers of half precision are numbers", () => {
  const outputs = forms["yolo-end"].outputs as Record<"y", Tensor<"float32">>;
  const { dims, data } = outputs.y;
  const halves = { y: { type: "float16", dims, data: toFloat16(data) } as const };
  const task = detection(spec);
  const [answer] = task.answers(task.bind(factsFor(halves)), halves);
  expect(answer).toEqual(task.answers(task.bind(factsFor(outputs)), outputs)[0]);
});

test("of several forms that fit the others are said, and of several sizes that with the data's classes is taken", () => {
  const tiny = detection({ ...spec, classes: ["thing"] });
  expect(tiny.bind(factsFor({ y: rows(empty(6, 300)) })).notes).toEqual([
    "detections are read as yolo-end; yolo-objectness would fit, too: task.outputs says which",
  ]);
  const many = detection({ ...spec, classes: Array.from({ length: 80 }, (_, i) => `${i}`) });
  expect(many.bind(factsFor({ y: rows(empty(85, 2000)) })).layout).toBe("yolo-objectness");
  expect(many.bind(factsFor({ y: rows(empty(84, 2000)) })).layout).toBe("yolo");
  expect(many.bind(factsFor({ y: columns(empty(84, 2000)) })).layout).toBe("yolo");
  const masks = float32([1, 32, 4, 4], new Float32Array(512));
  expect(many.bind(factsFor({ y: columns(empty(116, 2000)), masks })).place.classes).toBe(80);
  expect(detection(spec).bind(factsFor({ y: columns(empty(84, 2000)) })).notes).toEqual([
    "the outputs know 80 classes, the data 3",
  ]);
});

test("of boxes of one class that overlap too much the surest is kept", () => {
  const box = (x: number, score: number, label = 0) => ({ class: label, score, box: [x, 0, 10, 10] as const });
  const all = [box(0, 0.5), box(1, 0.9), box(2, 0.6), box(6, 0.4), box(1, 0.3, 1)];
  expect(suppress(all, 0.5, 10)).toEqual([box(1, 0.9), box(6, 0.4), box(1, 0.3, 1)]);
  expect(suppress(all, 0.9, 3)).toEqual([box(1, 0.9), box(2, 0.6), box(0, 0.5)]);
});

test("anchors lie on grids, row by row; another number of them than the outputs have is refused", () => {
  const grids = { strides: [50, 100], sizes: [[32], [64]], ratios: [1, 4], offset: 0.5 };
  const all = anchorsOf({ boxes: grids }, { height: 100, width: 150 });
  expect(all).toHaveLength(2 * (2 * 3 + 1 * 2));
  expect(all.slice(0, 3)).toEqual([
    [25, 25, 32, 32],
    [25, 25, 16, 64],
    [75, 25, 32, 32],
  ]);
  expect(() => detection({ ...spec, anchors: { boxes: grids } }).bind(factsFor(forms.anchors.outputs))).toThrow(
    'task.anchors: expected 2 anchors for the output "deltas" [1, 2, 4], got 20',
  );
});

test("truths are the objects that the data tell; data without are refused", () => {
  const task = detection(spec);
  const objects = [{ class: 1, box: [0, 0, 10, 10], crowd: true, area: 30, polygons: [[0, 0, 5, 5, 9, 0]] }] as const;
  expect(task.truth({ objects })).toEqual([{ class: 1, box: [0, 0, 10, 10], crowd: true, area: 30 }]);
  expect(task.truth({ objects: [] })).toEqual([]);
  expect(() => task.truth({ label: 1 })).toThrow(
    "expected data that say the objects of every sample, as the task detection needs",
  );
  expect(task.metrics.map(({ name }) => name)).toEqual(["ap", "ap50", "ap75", "recall"]);
  expect(detection({ ...spec, details: true }).metrics).toHaveLength(9);
});

test("in words, things are counted by class, and what is not sure is none", () => {
  const { text } = detection(spec);
  const box = [0, 0, 1, 1] as const;
  const found = (...all: [number, number][]) => all.map(([label, score]) => ({ class: label, score, box }));
  expect(text!(found([1, 0.9], [0, 0.8], [1, 0.6], [2, 0.4]))).toBe("cat, 2 dog");
  expect(text!(found([0, 0.3]))).toBe("nothing");
});
