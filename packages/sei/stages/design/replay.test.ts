/** @file A bundle is proved by its outputs: files that only agree in the arg-max are found out. */
import { localDesign } from "@split-et-impera/core/design";
import { inspectModel, serialiseModel, type ModelProto } from "@split-et-impera/core/onnx";
import { float32 } from "@split-et-impera/core/tensor";
import { engine } from "@split-et-impera/ort";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildModel } from "../../../core/testing/models.ts";
import { linear } from "../../../core/testing/networks.ts";
import type { Context } from "../context.ts";
import type { Prepared } from "./prepared.ts";
import { samplesFor, type Dataset } from "../../data/index.ts";
import { examine, examOf, taskOf } from "../answers/index.ts";
import { replayBundle } from "./replay.ts";
import type { Subject } from "./subject.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-replay-"));
});
afterAll(() => rm(folder, { recursive: true }));

const network = (times: number): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", ["batch", 6]);
    const scores = linear(g, "x", times === 1 ? "scores" : "half", 6, 3);
    if (times !== 1) g.opAs("scores", "Mul", [scores, g.scalar(times)]);
    g.output("scores", "float32", ["batch", 3]);
  });

test.each([1, 2])("scores times %d", async (times) => {
  const bytes = serialiseModel(network(times));
  const inspection = await inspectModel(network(1), engine);
  await writeFile(join(folder, "model.onnx"), bytes);
  const rows = (indices: readonly number[]) =>
    float32(
      [indices.length, 6],
      indices.flatMap((i) => Array.from({ length: 6 }, (_, k) => Math.sin(7 * i + k))),
    );
  const given = {
    name: "rows",
    count: 5,
    batch: rows,
    classes: ["a", "b", "c"],
    annotation: () => ({ label: 0 }),
    notes: [],
  };
  const test = samplesFor(given as unknown as Dataset, inspection, {
    normalise: { mean: [], std: [] },
    layout: "NCHW",
  });
  const exam = examOf(taskOf(undefined, test), inspection, test);
  const subject = { inspection, exam, test } as unknown as Subject;
  const session = await engine.load(serialiseModel(network(1)));
  const clean = await examine(exam, session, { x: rows([0, 1, 2, 3, 4]) }, [0, 1, 2, 3, 4]);
  await session.release();
  const study = {
    hosts: { camera: {}, server: {} },
    links: [],
    frames: { host: "camera", answer: { host: "camera" } },
  };
  const prepared = {
    clean,
    design: localDesign(study as unknown as Subject["study"], { inputs: ["x"], outputs: ["scores"] }),
  } as unknown as Prepared;
  const models = [{ host: "camera", name: "model.onnx", bytes, inputs: ["x"], outputs: ["scores"] }];
  const context = { engine, signal: new AbortController().signal } as unknown as Context;
  const found = replayBundle(folder, subject, prepared, { models }, context);
  if (times !== 1) await expect(found).rejects.toThrow("internal: the bundle's outputs differ from the model's");
  else
    expect(await found).toMatchObject({
      proof: { replay: { images: 5, same: 5 }, against: "model", exact: true, runs: [{ inputs: "data", rows: 5 }] },
      ports: [{ inputs: [{ tensor: "x", shape: [1, 6], bytes: 24 }], outputs: [{ tensor: "scores", shape: [1, 3] }] }],
    });
});
