import type { Study } from "@split-et-impera/core/study";
import { openTask } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { checkJudged, inWordsOf, taskOf } from "./index.ts";

const labelled = { classes: ["a", "b"], annotation: () => ({ label: 1 }) };
const bare = { classes: [], annotation: () => ({}) };

test("without a word on the task, data with classes are classified, others agreed on", () => {
  expect(taskOf(undefined, labelled).spec).toEqual({ kind: "classification", classes: ["a", "b"] });
  expect(taskOf({ output: "y" }, bare).spec).toEqual({ kind: "agreement", output: "y" });
  expect(taskOf({ kind: "agreement" }, labelled).spec).toEqual({ kind: "agreement" });
  expect(taskOf({ kind: "detection", confidence: 0.1, expect: 0.5 }, labelled).spec).toEqual({
    kind: "detection",
    classes: ["a", "b"],
    confidence: 0.1,
  });
});

test("what a data set does not say is told when it is asked for", () => {
  expect(() => taskOf({ kind: "classification" }, labelled).truth({})).toThrow(
    /expected data that say a class of every sample, as the task classification needs/,
  );
});

test("requirements and objectives speak of the task's metrics", () => {
  const asking = (metric: string, objective = "quality") =>
    ({ requirements: [{ text: `${metric} <= 2 %`, metric }], objective: [objective, "latency"] }) as unknown as Study;
  const task = openTask({ kind: "classification", classes: ["a", "b"] });
  const { requirements, objective } = inWordsOf(task, asking("quality-drop"));
  expect([requirements[0]!.metric, objective]).toEqual(["accuracy-drop", ["accuracy", "latency"]]);
  expect(() => inWordsOf(task, asking("ap50-drop"))).toThrow(
    /requirements: "ap50-drop <= 2 %": expected a metric of the task classification \(accuracy, macro-f1\), got "ap50-drop"/,
  );
  expect(() => inWordsOf(task, asking("accuracy-drop", "agreement"))).toThrow(/objective: expected a metric/);
  expect(() => inWordsOf(task, asking("auroc-drop"))).toThrow(/got "auroc-drop"; the task's `details: true` adds it/);
});

test("a metric that is asked for and has nothing to judge is named before long work", () => {
  const task = openTask({ kind: "regression" });
  const study = (metric: string) => ({ requirements: [{ metric }], objective: ["rmse"] }) as unknown as Study;
  const evidence = [task.judge([1], [2])];
  expect(() => checkJudged(task, study("mae-drop"), evidence)).not.toThrow();
  // One number has no variance.
  expect(() => checkJudged(task, study("r2"), evidence)).toThrow(
    /r2, which the study asks for, has nothing to judge in these data; rmse, mae has/,
  );
});
