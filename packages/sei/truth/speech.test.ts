/** @file A trained speech-activity model with state, against what it scores by ONNX Runtime alone; split, against itself. */
import { singleCuts, surveyModel } from "@split-et-impera/core/onnx";
import { activity, qualityOf, type FramesEvidence } from "@split-et-impera/core/task";
import { int64, zeros } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { proveCut } from "../../core/testing/proofs.ts";
import { openData } from "../data/index.ts";
import { readModel } from "../model/index.ts";
import { runStudy } from "../stages/design/index.ts";
import { readStudy } from "../study/index.ts";
import { needs, shared } from "./testing/shared.ts";

const model = "models/real/speech-activity.onnx";

test("F1, accuracy and AUROC over the windows of twelve clips", { timeout: 120_000 }, async (context) => {
  const path = "data/speech";
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

test("is split within its branches, its state on either side", { timeout: 60_000 }, async (context) => {
  needs(context, model);
  const found = await surveyModel(await readModel(`${shared}${model}`), engine, {
    constants: new Map([["sr", [16_000]]]),
    shapes: new Map([
      ["input", [1, 576]],
      ["state", [2, 1, 128]],
    ]),
  });
  const cuts = singleCuts(found);
  expect(cuts.length).toBeGreaterThan(20);
  for (const side of ["head", "tail"] as const) {
    const cut = cuts.findLast(({ state }) => state![side].length === 1)!;
    expect(await proveCut(found, cut.tensors)).toMatchObject({ proof: { exact: true }, steps: { exact: true } });
  }
});

test("a study finds the same over the streams, and its splits as much", { timeout: 240_000 }, async (context) => {
  const path = "data/speech";
  needs(context, model, path);
  const folder = await mkdtemp(join(tmpdir(), "sei-speech-"));
  try {
    const file = join(folder, "speech.yaml");
    await writeFile(
      file,
      `
model: { path: ${shared}${model}, constants: { sr: 16000 } }
data: { format: audio, path: ${shared}${path}, sound: { window: 512, context: 64 }, limit: { test: 10000, train: 100 } }
task: activity
hosts: { sensor: { speed: 1/20 }, server: {} }
links: [{ between: [sensor, server], rate: 1 Mbit/s, delay: 5 ms }]
frames: { rate: 30 fps, count: 100 }
requirements: [latency p95 <= 1 s]
explore: { losses: [0 %], codecs: [float32, uint8], transports: [tcp], scenarios: [LC, SC] }
`,
    );
    const { result } = await runStudy(await readStudy(file));
    const { "frame-f1": f1, accuracy, auroc } = result.whole.quality;
    expect(100 * f1!.value).toBeCloseTo(95.4, 2);
    expect(100 * accuracy!.value).toBeCloseTo(95.18, 2);
    expect(auroc!.value).toBeCloseTo(0.988, 4);
    const splits = result.designs.filter(({ kind }) => kind === "SC");
    expect(splits.length).toBeGreaterThan(1);
    for (const { id, clean } of splits)
      expect(100 * clean["frame-f1"]!.value, id).toBeCloseTo(95.4, id.includes("float32") ? 2 : 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
