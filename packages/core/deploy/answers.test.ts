/** @file Answers of tasks of several kinds as bytes, within what a deployment allows. */
import { describe, expect, test } from "vitest";
import { float32 } from "../tensor/index.ts";
import type { Binding, TaskSpec } from "../task/index.ts";
import { checkReads, isPlain, openAnswers, type Deployment } from "./index.ts";

const bound = { outputs: ["y"], decides: ["y"], notes: [] };
const answersOf = (task: TaskSpec, more: object, answer: { bytes: number; mostBytes: number }) =>
  openAnswers({
    task,
    reads: { ...bound, ...more },
    frames: { host: "camera", rate: 1, order: "oldest", answer: { host: "camera", ...answer } },
  });

const classes = ["a", "b", "c"];
const scores = { scores: "y", columns: 3 };
const thing = (score: number) => ({ class: 1, score, box: [0.1, 2, 30.25, 4] });
const things = [thing(0.9), thing(0.5), thing(0.25)];
const detection: TaskSpec = { kind: "detection", classes };

describe("an answer comes back as it was said", () => {
  test.each<[string, TaskSpec, object, unknown, number]>([
    ["a class", { kind: "classification", classes }, scores, 2, 8],
    [
      "a class of two by one number",
      { kind: "classification", classes: ["a", "b"] },
      { columns: 1, threshold: 0 },
      1,
      8,
    ],
    ["a class that agrees", { kind: "agreement" }, { ...scores, by: "class" }, { class: 2 }, 8],
    ["values", { kind: "agreement" }, { ...scores, by: "values" }, { values: [1, -0.5, 3] }, 12],
    ["numbers", { kind: "regression" }, { columns: 2 }, [0.5, -1], 8],
    ["a vector", { kind: "embedding" }, { columns: 3 }, { vector: [1, -0.5, 3] }, 12],
    ["a text", { kind: "sequence", alphabet: ["a", "ä", "b"] }, {}, "abäb", 400],
    ["things", detection, {}, things, 400],
    ["no things", detection, {}, [], 400],
    ["a map", { kind: "segmentation", classes }, {}, { map: { height: 1, width: 3, runs: [0, 2, 1, 1] } }, 400],
  ])("%s", (_, task, more, says, mostBytes) => {
    const answers = answersOf(task, more, { bytes: 20, mostBytes });
    const bytes = answers.write({ says, ...(answers.kind === "class" && { score: 0.5 }) });
    expect(bytes.length).toBeGreaterThanOrEqual(20);
    expect(bytes.length).toBeLessThanOrEqual(Math.max(20, mostBytes));
    expect(answers.parse(bytes)).toEqual({ says, ...(answers.kind === "class" && { score: 0.5 }) });
    expect(answers.parse(bytes.subarray(0, 19))).toBeUndefined();
    expect(answers.parse(new Uint8Array(401))).toBeUndefined();
  });
});

test("of a list that is too long the surest go; what has no order is refused", () => {
  const { length } = new TextEncoder().encode(JSON.stringify(things));
  const most = (mostBytes: number): unknown => {
    const answers = answersOf(detection, {}, { bytes: 0, mostBytes });
    const bytes = answers.write({ says: things });
    expect(bytes.length).toBeLessThanOrEqual(mostBytes);
    return answers.parse(bytes)!.says;
  };
  expect(most(length)).toEqual(things);
  expect(most(length - 1)).toEqual(things.slice(0, 2));
  expect(most(2)).toEqual([]);
  const map = { map: { height: 1, width: 3, runs: [0, 2, 1, 1] } };
  const answers = answersOf({ kind: "segmentation", classes }, {}, { bytes: 0, mostBytes: 40 });
  expect(() => answers.write({ says: map })).toThrow("the answer takes 47 bytes, more than the 40 of the manifest");
});

test("what is no answer is none", () => {
  const inBytes = (text: string) => new TextEncoder().encode(text);
  const answers = answersOf(detection, {}, { bytes: 0, mostBytes: 4000 });
  for (const text of ["", "[", "nil", `${"[".repeat(1000)}${"]".repeat(1000)}`, "1e999"])
    expect(answers.parse(inBytes(text))).toBeUndefined();
  const labels = answersOf({ kind: "classification", classes }, scores, { bytes: 8, mostBytes: 8 });
  expect(labels.parse(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined();
});

test("an answer is read in the outputs, with the score of its class", () => {
  const labels = answersOf({ kind: "classification", classes }, scores, { bytes: 8, mostBytes: 8 });
  expect(labels.read({ y: float32([1, 3], [0.25, 0.75, 0]) })).toEqual({ says: 1, score: 0.75 });
});

test("outputs that cannot be read as the deployment says are told before the first frame", () => {
  const port = { tensor: "y", type: "float32" as const, shape: [1, 3], bytes: 12 };
  const check = (task: TaskSpec, more: object) => {
    const reads = { ...bound, ...more } as Binding;
    const segments = [{ name: "tail", outputs: [port] }] as unknown as Deployment["segments"];
    checkReads({ task, reads, segments });
  };
  check({ kind: "classification", classes }, scores);
  expect(() => check({ kind: "classification", classes }, { columns: 4 })).toThrow(
    'reads: expected to find the answer of the task classification in the outputs of "tail", one for a frame, got 0',
  );
  expect(() => check(detection, { layout: "runes" })).toThrow(
    /^reads: expected to find the answer of the task detection/,
  );
});

test("plain data are of a bounded depth", () => {
  expect(isPlain({ a: [1, "b", null, { c: true }] })).toBe(true);
  for (const value of [NaN, undefined, 1n, { a: () => 1 }, JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`)])
    expect(isPlain(value)).toBe(false);
});
