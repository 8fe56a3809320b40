/** @file Segmentation: maps of every form, masks and outlines as truths, and the figures worked by hand. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { float32, int64, type Tensors } from "../../tensor/index.ts";
import { factsFor } from "../testing/facts.ts";
import { voidClass, type Annotation } from "../annotation.ts";
import { pixelsAt, pixelsOf } from "./class-map.ts";
import { polygonPixels, runPixels } from "./rasterise.ts";
import { matchedRegions, regionsOf } from "./regions.ts";
import { segmentation } from "./segmentation.ts";
import type { SegmentationSpec } from "./spec.ts";

const spec: SegmentationSpec = { kind: "segmentation", classes: ["sky", "road", "car"] };

/** What a task of this specification says of outputs, and of the data. */
function pixels(outputs: Tensors, more: Partial<SegmentationSpec> = {}): number[] {
  const task = segmentation({ ...spec, ...more });
  const [answer] = task.answers(task.bind(factsFor(outputs)), outputs);
  return Array.from(pixelsOf(answer!.map!));
}
const drawn = (annotation: Annotation, more: Partial<SegmentationSpec> = {}): number[] =>
  Array.from(pixelsOf(segmentation({ ...spec, ...more }).truth(annotation).map!));

describe("maps of every form", () => {
  const first = [9, 0, 0, 1];
  const second = [0, 9, 0, 2];
  const third = [1, 1, 7, 3];

  test("logits, channels first or last, and labels", () => {
    const logits = float32([1, 3, 2, 2], [...first, ...second, ...third]);
    expect(pixels({ logits })).toEqual([0, 1, 2, 2]);
    const last = float32(
      [1, 2, 2, 3],
      first.flatMap((_, i) => [first[i]!, second[i]!, third[i]!]),
    );
    expect(pixels({ last })).toEqual([0, 1, 2, 2]);
    expect(pixels({ labels: int64([1, 2, 2], [0, 1, 2, 2]) })).toEqual([0, 1, 2, 2]);
    expect(pixels({ labels: int64([1, 1, 2, 2], [0, 1, 2, 2]) })).toEqual([0, 1, 2, 2]);
  });

  test("a channel more than classes is the background in front; other numbers are said or given", () => {
    const more = float32([1, 4, 2, 2], [8, 0, 0, 0, ...first, ...second, ...third]);
    expect(pixels({ more })).toEqual([0, 1, 2, 2]);
    const background = float32([1, 4, 2, 2], [99, 0, 0, 0, ...first, ...second, ...third]);
    expect(pixels({ background })).toEqual([3, 1, 2, 2]);
    expect(pixels({ background }, { numbers: [0, 2, 3] })).toEqual([0, 1, 2, 2]);
    const many = float32([1, 7, 1, 2], [0, 0, 0, 0, 0, 0, 0, 9, 5, 0, 0, 0, 0, 0]);
    const task = segmentation(spec);
    expect(task.bind(factsFor({ many })).notes).toEqual(['the output "many" knows 7 classes, the data 3']);
    expect(pixels({ many })).toEqual([3, 3]);
    expect(pixels({ many }, { firstClass: 3 })).toEqual([1, 0]);
  });

  test("a probability is one class and what is not", () => {
    const p = float32([1, 1, 2, 2], [0.2, 0.6, 0.5, 0.9]);
    expect(pixels({ p }, { classes: ["text"] })).toEqual([1, 0, 1, 0]);
    expect(pixels({ p }, { classes: ["background", "text"], threshold: 0.7 })).toEqual([0, 0, 0, 1]);
    expect(pixels({ p }, { classes: ["text", "background"] })).toEqual([1, 0, 1, 0]);
  });

  test("other outputs are refused with those there are", () => {
    const outputs = { scores: float32([1, 3], [1, 2, 3]) };
    expect(() => segmentation(spec).bind(factsFor(outputs))).toThrow(
      'logits [N, 3, height, width] for the 3 classes of the data, labels [N, height, width] or a probability [N, 1, height, width]; got "scores" float32 [1, 3]',
    );
  });
});

test("outlines have the pixels that COCO's own tools draw; run lengths tell the same", () => {
  const golden = JSON.parse(readFileSync(new URL("testing/polygon-golden.json", import.meta.url), "utf8")) as {
    height: number;
    width: number;
    polygon: number[];
    counts: number[];
  }[];
  for (const { height, width, polygon, counts } of golden)
    expect(polygonPixels(polygon, height, width)).toEqual(runPixels({ height, width, counts }));
  expect(runPixels({ height: 2, width: 2, counts: [1, 2, 1] })).toEqual([1, 2]);
  expect(runPixels({ height: 2, width: 2, counts: [0, 4] })).toEqual([0, 1, 2, 3]);
});

test("objects are drawn: several classes on a pixel are void, and so is the rest or not", () => {
  const size = { height: 2, width: 3 };
  const box = [0, 0, 1, 1] as const;
  const objects = [
    { class: 1, box, polygons: [[0, 0, 2, 0, 2, 2, 0, 2]] },
    { class: 2, box, mask: { height: 2, width: 3, counts: [2, 2, 2] } },
  ];
  expect(drawn({ objects, size })).toEqual([1, voidClass, voidClass, 1, voidClass, voidClass]);
  expect(drawn({ objects, size }, { background: true })).toEqual([1, voidClass, 3, 1, voidClass, 3]);
  expect(drawn({ objects: [{ class: 1, box }], size }, { classes: ["background", "text"] })).toEqual([
    1, 0, 0, 0, 0, 0,
  ]);
  expect(drawn({ objects: [{ class: 0, box }], size }, { classes: ["text"] })).toEqual([0, 1, 1, 1, 1, 1]);
  const mask = { height: 1, width: 3, classes: Uint8Array.of(1, voidClass, 0) };
  expect(drawn({ mask })).toEqual([1, voidClass, 0]);
  expect(() => drawn({ label: 1 })).toThrow("say a mask or the objects of every sample");
});

test("intersections and unions are summed over the set; void pixels and absent classes do not count", () => {
  const task = segmentation(spec);
  const [miou, accuracy] = task.metrics;
  const of = (...labels: number[]) => ({
    map: { height: 1, width: labels.length, runs: labels.flatMap((one) => [one, 1]) },
  });
  const evidence = [
    task.judge(of(0, 0, 1, 1), of(0, 1, 1, voidClass)),
    task.judge(of(0, 0, 0, 0), of(0, 0, 0, 0)),
    task.judge(undefined, of(1, 1, 1, 1)),
  ];
  // Class 0: 5 of 6; class 1: 1 of 2 + 4.
  expect(miou!.over(evidence)()).toBeCloseTo((5 / 6 + 1 / 6) / 2, 12);
  expect(accuracy!.over(evidence)()).toBeCloseTo(6 / 11, 12);
  expect(miou!.over(evidence)([0, 1, 0])).toBe(1);
  expect(miou!.over(evidence)([0, 0, 0])).toBeNaN();
  // A map of half the size: each of its pixels is two.
  expect(task.judge(of(0, 1), of(0, 0, 1, 1)).classes).toEqual([
    [0, 2, 2, 2],
    [1, 2, 2, 2],
  ]);
  expect(Array.from(pixelsAt({ height: 1, width: 3, runs: [0, 1, 1, 1, 2, 1] }, 1, 2))).toEqual([0, 1]);
});

describe("regions", () => {
  const rules = { threshold: 0.5, least: 2, score: 0.6, grow: 0 };
  // Corners do not join; a pixel alone is too small, and one region is not sure enough.
  const map = [
    [0.9, 0.9, 0, 0, 0.55, 0.55],
    [0, 0, 0.9, 0, 0, 0],
    [0, 0, 0.9, 0.9, 0, 0.9],
  ].flat();
  const size = { height: 3, width: 6 };

  test("are components of probable pixels, in the picture's pixels, grown", () => {
    expect(regionsOf(map, 0, size, size, rules)).toEqual([
      [0, 0, 2, 1],
      [2, 1, 2, 2],
    ]);
    const larger = { height: 6, width: 24 };
    expect(regionsOf(map, 0, size, larger, rules)[0]).toEqual([0, 0, 8, 2]);
    expect(regionsOf(map, 0, size, size, { ...rules, grow: 1 })[1]).toEqual([1.5, 0.5, 3, 3]);
  });

  test("each takes the thing that it overlaps most, once", () => {
    expect(
      matchedRegions(
        [
          [0, 0, 2, 1],
          [0, 0, 2, 1],
        ],
        [[0, 0, 2, 1]],
        0.5,
      ),
    ).toBe(1);
    expect(matchedRegions([[0, 0, 2, 1]], [[0, 0, 5, 1]], 0.5)).toBe(0);
    expect(matchedRegions([[0, 0, 2, 1]], [[0, 0, 4, 1]], 0.5)).toBe(1);
  });

  test("are judged by the boxes of things; where none is found none is right", () => {
    const task = segmentation({ kind: "segmentation", classes: ["text"], regions: rules });
    const outputs = { map: float32([1, 1, 3, 6], map) };
    const binding = task.bind(factsFor(outputs, [3, 3, 6]));
    const truth = task.truth({
      objects: [
        { class: 0, box: [2, 1, 2, 2] },
        { class: 0, box: [9, 9, 2, 2] },
        { class: 0, box: [0, 0, 1, 1], crowd: true },
      ],
    });
    const evidence = [task.judge(task.answers(binding, outputs)[0], truth)];
    expect(task.metrics.map(({ name, over }) => [name, over(evidence)()])).toEqual([
      ["region-f1", 0.5],
      ["region-recall", 0.5],
      ["region-precision", 0.5],
    ]);
    expect(task.metrics.map(({ over }) => over([task.judge(undefined, truth)])())).toEqual([0, 0, 0]);
  });
});
