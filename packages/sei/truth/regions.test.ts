/** @file Regions of a trained text detector on labelled scenes: the figures that were computed without this project. */
import { readFileSync } from "node:fs";
import { indexGraph, type Observed } from "@split-et-impera/core/onnx";
import { segmentation, type SegmentEvidence } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { expect, it } from "vitest";
import { openData } from "../data/index.ts";
import { readModel } from "../model/index.ts";
import { needs, shared } from "./testing/shared.ts";

const side = 320;

it("finds 92.25 % of the texts, 92.01 % of what it finds being texts", async (context) => {
  const [file, path] = ["models/real/text-detector.onnx", "data/ocr-scenes"];
  needs(context, file, path);
  const data = await openData(
    {
      format: "coco",
      path: shared + path,
      normalise: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      layout: "NCHW",
      input: [3, side, side],
      limit: { test: 100, train: 1 },
    },
    "test",
  );
  expect([data.count, data.classes]).toEqual([100, ["text"]]);
  const task = segmentation({ kind: "segmentation", classes: data.classes, regions: {} });
  const index = indexGraph((await readModel(shared + file)).graph!);
  const seenAs = (name: string, dims: readonly number[]): [string, Observed] => [
    name,
    { type: "float32", dims, min: 0, max: 1, finite: true },
  ];
  const seen = new Map([seenAs("x", [1, 3, side, side]), seenAs(index.outputs[0]!, [1, 1, side, side])]);
  const binding = task.bind({ index, seen, rows: 1 });
  const session = await engine.load(readFileSync(shared + file));
  const evidence: SegmentEvidence[] = [];
  for (let i = 0; i < data.count; i++) {
    const [answer] = task.answers(binding, await session.run({ x: data.batch([i]) }));
    evidence.push(task.judge(answer, task.truth(data.annotation(i))));
  }
  await session.release();
  const found = Object.fromEntries(task.metrics.map(({ name, over }) => [name, over(evidence)()]));
  expect(found["region-recall"]).toBeCloseTo(357 / 387, 12);
  expect(found["region-precision"]).toBeCloseTo(357 / 388, 12);
  expect(found["region-f1"]).toBeCloseTo((2 * 357) / (387 + 388), 12);
}, 300_000);
