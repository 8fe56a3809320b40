/** @file Frames of a run judged by what the source knows of them. */
import { openTask, type TaskSpec } from "@split-et-impera/core/task";
import { expect, test } from "vitest";
import { judge, RunQuality, truthsOf } from "./judgement.ts";
import { answerText, frameLine, named } from "./line.ts";

const classes = ["bolt", "nut"];
const spec: TaskSpec = { kind: "detection", classes };
const detection = openTask(spec);
const box = [0, 0, 10, 10] as const;
const data = { annotation: () => ({ objects: [{ class: 1, box }] }) };

test("what the data say is a truth where the task judges by it", () => {
  const truth = truthsOf({ task: spec }, data)!;
  expect(truth(0)).toEqual([{ class: 1, box }]);
  expect(truthsOf({ task: { kind: "classification", classes } }, data)).toBeUndefined();
  // The truths of agreement are a model's.
  expect(truthsOf({ task: { kind: "agreement" } }, data)).toBeUndefined();
});

test("every metric of the task is told, of the frames that were shown; no answer finds nothing", () => {
  const quality = new RunQuality(detection);
  expect(quality.quality).toBeUndefined();
  const truth = truthsOf({ task: spec }, data)!;
  const things = [{ class: 1, score: 0.9, box }];
  for (const [sample, says] of [things, things, undefined, things].entries())
    quality.add(judge(detection, says, { sample, truth: truth(sample) }));
  expect(Object.keys(quality.quality!)).toEqual(detection.metrics.map(({ name }) => name));
  expect(quality.quality!["recall"]).toMatchObject({ value: 0.75, n: 4 });
});

test("what another host says and is no answer of the task counts as none", () => {
  const known = { sample: 3, truth: truthsOf({ task: spec }, data)!(3) };
  const none = judge(detection, undefined, known);
  for (const says of [7, [{}], [null], "bolt"]) expect(judge(detection, says, known)).toEqual(none);
});

test("a line has the answer as the task says it, a class by its name; how far it is right where one number says so", () => {
  const record = { frame: 0, captured: 1, latency: 0.5, deadlineMet: true, missing: 0, bytes: 3, parts: {} };
  const things = { answers: { kind: "json", task: detection }, classes } as const;
  const says = [{ class: 1, score: 0.9, box }];
  const found = judge(detection, says, { sample: 0, truth: [{ class: 1, box }] });
  const line = frameLine({ ...record, answer: { says } }, things, "0", found);
  expect(line).toMatchObject({ answer: says, answered: 1.5, evidence: found.evidence });
  expect(line).not.toHaveProperty("right");
  const task = openTask({ kind: "classification", classes });
  const words = { answers: { kind: "class", task }, classes } as const;
  const answer = { says: 1, score: 0.75 };
  const right = judge(task, 1, { sample: 0, truth: 1 });
  expect(frameLine({ ...record, answer }, words, "0", right)).toMatchObject({
    right: 1,
    evidence: { label: 1, said: 1 },
  });
  expect(named(answer, words)).toEqual({ class: 1, name: "nut", score: 0.75 });
  expect(answerText(answer, words)).toBe("nut");
  expect([answerText({ says: "27 mm" }, things), answerText({ says }, things)]).toEqual(["27 mm", "nut"]);
});
