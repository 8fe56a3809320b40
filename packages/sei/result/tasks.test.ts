/** @file Results of every task are read back, match their schema, and make a report and a comparison in the task's words. */
import type { Result } from "@split-et-impera/core/design";
import type { TaskOptions } from "@split-et-impera/core/study";
import { taskKinds, tasks, type MetricWords, type TaskKind } from "@split-et-impera/core/task";
import { qualityWords } from "@split-et-impera/charts";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compareResults, comparisonText } from "../compare/index.ts";
import { renderReport, terminalSummary } from "../report/index.ts";
import { resultOfTask } from "../testing/of-task.ts";
import { parseResult } from "./index.ts";
import { resultSchema } from "./definition.ts";

/** What a study may say of each. */
const said: Record<TaskKind, TaskOptions> = {
  classification: { output: "scores", expect: 0.98 },
  detection: { outputs: "anchors", anchors: { strides: [8], sizes: [[16]] }, confidence: 0.1, expect: 0.5 },
  segmentation: { outputs: "probability", regions: { threshold: 0.3, least: 20 } },
  keypoints: { pck: { of: [5, 6], within: 0.2 }, sigmas: [0.1] },
  multilabel: { threshold: 0.4 },
  sequence: { alphabet: ["a", "b"], blank: -1, space: true },
  tokens: { vocabulary: 100 },
  regression: {},
  embedding: { by: "vector" },
  activity: { threshold: 0.3 },
  agreement: { by: "values" },
};

const schema = z.fromJSONSchema(resultSchema());

describe.each(taskKinds)("%s", (kind) => {
  const result = resultOfTask({ ...said[kind], kind });
  const text = JSON.stringify(result);
  const back: Result = parseResult("result.json", text);
  const metrics: readonly MetricWords[] = tasks[kind].metrics;

  test("is the same when it is read back, with all its metrics, and as the schema says", () => {
    expect(back).toEqual(JSON.parse(text));
    expect(Object.keys(back.whole.quality)).toEqual(metrics.map(({ name }) => name));
    expect(back.study.task).toEqual({ ...said[kind], kind });
    expect(schema.safeParse(JSON.parse(text))).toMatchObject({ success: true });
  });

  test("has a report and a comparison in the task's words", () => {
    const { Word, word } = qualityWords(back);
    const page = renderReport(back).replaceAll(/<script.*?<\/script>|data:image[^"]*/gs, "");
    expect(page.includes(Word)).toBe(true);
    const own = metrics.some(({ name }) => name === "accuracy");
    const foreign = own ? /NaN|undefined|\[object/g : /(?<!-)\b[Aa]ccuracy\b|NaN|undefined|\[object/g;
    const found = Array.from(page.matchAll(foreign), ({ index }) => page.slice(index - 60, index + 60));
    expect(found).toEqual([]);
    const summary = terminalSummary(back, { columns: 160, style: (_, words) => words });
    expect(summary.includes(word)).toBe(true);
    expect(Array.from(summary.matchAll(foreign), ({ index }) => summary.slice(index - 60, index + 60))).toEqual([]);
    const [first] = metrics as [MetricWords];
    const comparison = compareResults([
      { file: "a.json", result: back },
      { file: "b.json", result: back },
    ]);
    expect(comparison.changed).toBe(false);
    const blocks = comparisonText(comparison, [back, back], true);
    expect(JSON.stringify(blocks)).toContain(first.name);
  });
});

test("qualities that do not go together are refused", () => {
  const other = resultOfTask({ kind: "detection" });
  other.designs[1]!.quality = { recall: other.designs[1]!.quality["recall"]! };
  expect(() => parseResult("result.json", JSON.stringify(other))).toThrow(
    /designs\.1\.quality: expected the metric "ap" first, which whole\.quality has, got "recall"/,
  );
  other.whole.quality = { speed: other.whole.quality["ap"]! };
  expect(() => parseResult("result.json", JSON.stringify(other))).toThrow(
    /whole\.quality: expected metrics of a task, got "speed"/,
  );
});
