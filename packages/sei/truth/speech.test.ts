/** @file A trained speech-activity model with state, against what it scores by ONNX Runtime alone. */
import { activityMetrics, qualityOf, type FramesEvidence } from "@split-et-impera/core/task";
import { float32, int64, zeros, type Tensors } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { isActive, monoAt, readSound, windowCount, windowOf, type Interval } from "../data/audio/index.ts";
import { findColumns, numbersOf, openTable, textOf } from "../data/table/index.ts";
import { needs, shared } from "./testing/shared.ts";

test("F1, accuracy and AUROC over the windows of twelve clips", { timeout: 120_000 }, async (context) => {
  const [model, folder] = ["models/real/speech-activity.onnx", "data/speech"];
  needs(context, model, folder);
  const labels = await openTable(`${shared}${folder}/labels.tsv`);
  const { file, start, end } = findColumns(labels.columns, {}, ["file", "start", "end"], "labels.tsv");
  const spoken = new Map<string, Interval[]>();
  for (const [i, row] of (await labels.read([file!, start!, end!], 0, labels.count)).entries()) {
    const [name, where] = [textOf(row[file!], "")!, labels.where(i)];
    const [from, to] = [numbersOf(row[start!], where)![0]!, numbersOf(row[end!], where)![0]!];
    spoken.set(name, [...(spoken.get(name) ?? []), { start: from, end: to }]);
  }

  const windows = { size: 512, context: 64 };
  const session = await engine.load(`${shared}${model}`, { threads: 1 });
  const evidence: FramesEvidence[] = [];
  for (const [name, intervals] of spoken) {
    const stream = monoAt(await readSound(`${shared}${folder}/${name}`), 16_000);
    let state: Tensors[string] = zeros("float32", [2, 1, 128]);
    for (let i = 0; i < windowCount(stream.length, windows); i++) {
      const input = float32([1, 576], windowOf(stream, i, windows));
      const found = await session.run({ input, state, sr: int64([], [16_000]) });
      state = found["stateN"]!;
      const truth = [Number(isActive(i, windows, 16_000, intervals))];
      evidence.push({ scores: Array.from(found["output"]!.data as Float32Array), truth });
    }
  }
  await session.release();

  expect(evidence).toHaveLength(2968);
  const found = activityMetrics().map((metric) => [metric.name, qualityOf(metric, { evidence }).value] as const);
  console.log("speech activity:", Object.fromEntries(found));
  const { "frame-f1": f1, accuracy, auroc } = Object.fromEntries(found);
  expect(100 * f1!).toBeCloseTo(95.4, 2);
  expect(100 * accuracy!).toBeCloseTo(95.18, 2);
  expect(auroc).toBeCloseTo(0.988, 4);
});
