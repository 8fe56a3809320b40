/** @file Keypoints in outputs of every form, and the share that is near enough worked by hand. */
import { describe, expect, test } from "vitest";
import { float32, int64, type Tensors } from "../../tensor/index.ts";
import { factsFor } from "../testing/facts.ts";
import { formNames, type FormName } from "./forms.ts";
import { keypoints } from "./keypoints.ts";
import type { KeypointsSpec } from "./spec.ts";

const spec: KeypointsSpec = { kind: "keypoints", classes: ["hand"], confidence: 0.1 };

/** Two maps of 10 x 20 for a picture of 100 x 200: their largest numbers are at (6, 3) and at (19, 9). */
const maps = new Float32Array(400);
maps[3 * 20 + 6] = 0.8;
maps[3 * 20 + 7] = 0.3;
maps[2 * 20 + 6] = 0.2;
maps[200 + 9 * 20 + 19] = 0.6;

const row = [60, 30, 40, 20, 0.7, 62.5, 27.5, 0.8, 190, 90, 0.6];

/** One hand with keypoints at (62.5, 27.5) and (190, 90), in every form. */
const outputsOf: Record<FormName, Tensors> = {
  heatmaps: { maps: float32([1, 2, 10, 20], maps) },
  "yolo-pose": {
    y: float32(
      [1, 11, 20],
      row.flatMap((x) => [x, ...Array.from({ length: 19 }, () => 0)]),
    ),
  },
  torchvision: {
    boxes: float32([1, 4], [40, 20, 80, 40]),
    labels: int64([1], [1]),
    scores: float32([1], [0.7]),
    keypoints: float32([1, 2, 3], row.slice(5)),
  },
};

describe.each(formNames)("%s", (form) => {
  const outputs = outputsOf[form];
  test("is found by itself, and its keypoints are read", () => {
    const task = keypoints(spec);
    const binding = task.bind(factsFor(outputs));
    expect(binding.form).toBe(form);
    const [[figure, ...others] = []] = task.answers(binding, outputs);
    expect(others).toEqual([]);
    expect(figure).toMatchObject({ class: 0 });
    expect(figure!.score).toBeCloseTo(0.7, 6);
    row.slice(5).forEach((x, i) => expect(figure!.keypoints[i]).toBeCloseTo(x, 5));
    if (form !== "heatmaps") expect(figure!.box).toEqual([40, 20, 40, 20]);
  });

  test("is refused where the outputs are others", () => {
    const task = keypoints({ ...spec, outputs: form });
    expect(() => task.bind(factsFor({ features: float32([1, 5], [1, 2, 3, 4, 5]) }))).toThrow(
      `expected keypoints as ${form}: `,
    );
    expect(() => keypoints({ ...spec, outputs: form, sigmas: [1, 1, 1] }).bind(factsFor(outputs))).toThrow(/expected/);
  });
});

test("without the shift a keypoint is a pixel of its map", () => {
  const task = keypoints({ ...spec, shift: false });
  const [[figure] = []] = task.answers(task.bind(factsFor(outputsOf.heatmaps)), outputsOf.heatmaps);
  expect(figure!.keypoints.slice(0, 2)).toEqual([60, 30]);
});

describe("PCK", () => {
  const hand = { class: 0, box: [0, 0, 30, 40] as const, keypoints: [0, 0, 2, 10, 0, 1, 50, 50, 0] };
  const found = (...points: number[]) => ({ class: 0, score: 1, box: [0, 0, 1, 1] as const, keypoints: points });
  const value = (pck: KeypointsSpec["pck"], answer = [found(4, 3, 1, 10, 5.1, 1, 0, 0, 1)]) => {
    const task = keypoints({ ...spec, pck: pck! });
    const truth = task.truth({ objects: [hand, { class: 0, box: [0, 0, 9, 9], crowd: true }] });
    return task.metrics[0]!.over([task.judge(answer, truth)])();
  };

  test("distances are measured by the length that is named; only labelled keypoints count", () => {
    expect(value({ of: "box-diagonal", within: 0.1 })).toBe(0.5);
    expect(value({ of: "box-diagonal", within: 0.11 })).toBe(1);
    expect(value({ of: "box-longer", within: 0.125 })).toBe(0.5);
    expect(value({ of: [0, 1], within: 0.5 })).toBe(0.5);
    expect(value({ of: [0, 2], within: 0.5 })).toBeNaN();
  });

  test("each thing has one detection, and what is not found is wrong", () => {
    expect(value({ of: "box-diagonal", within: 0.1 }, [])).toBe(0);
    const far = found(90, 90, 1, 90, 90, 1, 0, 0, 1);
    expect(value({ of: "box-diagonal", within: 0.11 }, [far, found(4, 3, 1, 10, 5, 1, 0, 0, 1)])).toBe(1);
    expect(keypoints({ ...spec, pck: { of: "box-longer", within: 1 } }).metrics[0]!.name).toBe("pck");
    expect(keypoints(spec).metrics.map(({ name }) => name)).toEqual(["oks-ap", "oks-ap50", "oks-ap75", "oks-recall"]);
    expect(() => keypoints(spec).truth({})).toThrow("the objects with their keypoints");
  });
});
