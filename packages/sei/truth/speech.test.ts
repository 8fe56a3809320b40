/** @file A trained speech-activity model with state, against what it scores by ONNX Runtime alone. */
import { activity, qualityOf, type FramesEvidence } from "@split-et-impera/core/task";
import { int64, zeros } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { openData } from "../data/index.ts";
import { needs, shared } from "./testing/shared.ts";

test("F1, accuracy and AUROC over the windows of twelve clips", { timeout: 120_000 }, async (context) => {
  const [model, path] = ["models/real/speech-activity.onnx", "data/speech"];
  needs(context, model, path);
  const data = await openData(
    {
      format: "audio",
      path: `${shared}${path}`,
      sound: { window: 512, context: 64 },
      normalise: { mean: [], std: [] },
      layout: "NCHW",
      limit: { test: 10_000, train: 1 },
    },
    "test",
  );
  const { judge, metrics, truth } = activity({ kind: "activity" });
  const session = await engine.load(`${shared}${model}`, { threads: 1 });
  const evidence: FramesEvidence[] = [];
  let state = zeros("float32", [2, 1, 128]);
  for (let i = 0; i < data.count; i++) {
    if (data.begins!(i)) state = zeros("float32", [2, 1, 128]);
    const found = await session.run({ input: data.batch([i]), state, sr: int64([], [16_000]) });
    state = found["stateN"] as typeof state;
    const scores = Array.from(found["output"]!.data as Float32Array);
    evidence.push(judge({ active: [], scores }, truth(data.annotation(i))));
  }
  await session.release();

  expect(evidence).toHaveLength(2968);
  const figures = metrics.map((metric) => [metric.name, qualityOf(metric, { evidence })] as const);
  console.log("speech activity:", Object.fromEntries(figures));
  const { "frame-f1": f1, accuracy, auroc } = Object.fromEntries(figures);
  expect(100 * f1!.value).toBeCloseTo(95.4, 2);
  expect(100 * accuracy!.value).toBeCloseTo(95.18, 2);
  expect(auroc!.value).toBeCloseTo(0.988, 4);
});
