/** @file Data without labels, judged by whether the answers are those of the unchanged model. */
import { inspectModel } from "@split-et-impera/core/onnx";
import { factsOf, openTask } from "@split-et-impera/core/task";
import type { DataOptions } from "@split-et-impera/core/study";
import { engine } from "@split-et-impera/ort";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { residualNetwork } from "../../../core/testing/networks.ts";
import { forModel, openData, samplesFor, type Dataset, type Samples } from "../../data/index.ts";
import { npyOf } from "../../data/testing/npy.ts";
import { examineWhole, modelAnswers, relabelled, taskOf } from "./index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sei-agreement-"));
});
afterEach(() => rm(folder, { recursive: true }));

const { signal } = new AbortController();
const optionsOf = (format: string): DataOptions => ({
  format,
  path: folder,
  normalise: { mean: [], std: [] },
  layout: "NCHW",
  limit: { test: 50, train: 50 },
});
const open = (format: string): Promise<Dataset> => {
  return openData(forModel(optionsOf(format), residualNetwork()), "train", { unlabelled: true });
};

async function agreeing(given: Dataset): Promise<Dataset> {
  const inspection = await inspectModel(residualNetwork(), engine);
  const data = samplesFor(given, inspection, optionsOf("npy"));
  const task = taskOf({ kind: "agreement" }, data);
  const binding = task.bind(factsOf(inspection));
  const answers = (await modelAnswers(engine, inspection, data, { task, binding }, signal)) as { class: number }[];
  const found = relabelled(
    data,
    answers.map((one) => one.class),
    4,
  );
  expect(found.classes).toEqual(["0", "1", "2", "3"]);
  // The unchanged model agrees with itself.
  const exam = { task, binding, truth: (sample: number) => answers[sample] };
  expect(await examineWhole(engine, inspection, found, exam, signal)).toEqual(answers.map(() => 1));
  return found;
}

test("arrays without labels, and those of too few classes", async () => {
  const pixels = Uint8Array.from({ length: 9 * 192 }, (_, i) => (i * 37) % 256);
  await writeFile(join(folder, "x_train.npy"), npyOf("|u1", [9, 8, 8, 3], pixels));
  const found = await agreeing(await open("npy"));
  expect(found.count).toBe(9);
  await writeFile(join(folder, "y_train.npy"), npyOf("|u1", [9], new Uint8Array(9)));
  await agreeing(await open("npy"));
  await rm(join(folder, "y_train.npy"));
  await expect(openData(optionsOf("npy"), "train")).rejects.toThrow(/expected arrays x_train, y_train/);
});

test("a folder of pictures, with and without folders of classes", async () => {
  const picture = (value: number): Promise<Buffer> =>
    sharp({ create: { width: 8, height: 8, channels: 3, background: { r: value, g: 255 - value, b: 9 } } })
      .png()
      .toBuffer();
  for (let i = 0; i < 6; i++) await writeFile(join(folder, `${i}.png`), await picture(40 * i));
  const plain = await agreeing(await open("images"));
  expect(plain.count).toBe(5);
  await mkdir(join(folder, "more"));
  for (let i = 0; i < 6; i++) await rm(join(folder, `${i}.png`));
  for (let i = 0; i < 6; i++) await writeFile(join(folder, "more", `${i}.png`), await picture(40 * i));
  expect((await agreeing(await open("images"))).count).toBe(5);
});

test("answers of many numbers are refused before they fill memory", async () => {
  const inspection = await inspectModel(residualNetwork(), engine);
  const task = openTask({ kind: "agreement", by: "values" });
  const many = { name: "npy test", count: 2 ** 27 } as Samples;
  const asked = modelAnswers(engine, inspection, many, { task, binding: task.bind(factsOf(inspection)) }, signal);
  await expect(asked).rejects.toThrow(
    /data.limit: expected at most 67108864 samples, as each has an answer "logits" of 4 numbers, got 134217728 of npy test/,
  );
});
