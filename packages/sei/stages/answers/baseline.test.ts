/** @file The demo's network, fed as it was trained and otherwise. */
import { inspectModel, type Inspection } from "@split-et-impera/core/onnx";
import { baselineText, type BaselineWarning } from "@split-et-impera/core/task";
import { engine } from "@split-et-impera/ort";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { openData, samplesFor, type Normalise } from "../../data/index.ts";
import { readModel } from "../../model/index.ts";
import { baselineWarnings, checkExpected, examOf, taskOf } from "./index.ts";

let inspection: Inspection;
beforeAll(async () => {
  const file = fileURLToPath(new URL("../../../../examples/conveyor/parts.onnx", import.meta.url));
  inspection = await inspectModel(await readModel(file), engine);
});

const fed = async (normalise: Normalise, expect?: number): Promise<BaselineWarning[]> => {
  const options = { format: "conveyor", normalise, layout: "NCHW", limit: { test: 120, train: 1 } } as const;
  const data = samplesFor(await openData(options, "test"), inspection, options);
  const exam = examOf(taskOf(undefined, data), inspection, data);
  return baselineWarnings({ engine, inspection, data, exam, options, expect, signal: new AbortController().signal });
};

test("as it was trained, nothing is amiss", async () => {
  expect(await fed({ mean: [0.5], std: [0.25] }, 0.98)).toEqual([]);
});

test("without its normalisation, the right one is found and named", async () => {
  const found = await fed({ mean: [], std: [] }, 0.98);
  expect(found.map(({ kind }) => kind)).toEqual(["below-expected", "feeding"]);
  const [expected, feeding] = found.map(baselineText) as [string, string];
  expect(expected).toMatch(
    /^the whole model has [\d.]+ % of 120 images right \(at most [\d.]+ %\), where the study expects 98\.0 %$/,
  );
  expect(feeding).toMatch(
    /but 9\d\.\d % of 120 when fed with normalise 0\.5 and 0\.25 \(mean 0\.5, std 0\.25\): did you forget/,
  );
  expect(() => checkExpected(found)).toThrow(/where the study expects 98\.0 %; .*did you forget/);
  expect(() => checkExpected(found.slice(1))).not.toThrow();
});
