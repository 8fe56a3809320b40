/** @file `sei score`, as it is called: the whole model's figures by the task's metrics. */
import { expect, it } from "vitest";
import { json, sei, said, useFolder } from "./testing/harness.ts";

useFolder();

const conveyor = ["examples/conveyor/parts.onnx", "--data", "conveyor", "--limit", "40"];

it("gives every metric of the task with its interval", async () => {
  const found = await json<{ samples: number; whole: { quality: Record<string, Record<string, number>> } }>(
    "score",
    ...conveyor,
  );
  expect(found).toMatchObject({ task: "classification", samples: 40 });
  const { value, lo, hi, n } = found.whole.quality["accuracy"]!;
  expect([lo! <= value!, value! <= hi!, value! > 0.9, n]).toEqual([true, true, true, 40]);
  expect(await sei("score", ...conveyor)).toBe(0);
  expect(said.stdout).toMatch(/accuracy\s+[\d.]+\s%\s+[\d.]+\s% to [\d.]+\s%/);
});

it("warns where another normalisation does far better, and not where the given one is right", async () => {
  const fed = ["score", "examples/conveyor/parts.onnx", "--data", "conveyor", "--limit", "60"];
  expect(await sei(...fed, "--mean", "0", "--std", "1")).toBe(0);
  expect(said.stderr).toMatch(/when fed with normalise/);
  said.stderr = "";
  expect(await sei(...fed, "--mean", "0.5", "--std", "0.25")).toBe(0);
  expect(said.stderr).not.toMatch(/when fed with/);
});

it("says what of a task is wrong, and what the data lack for it", async () => {
  expect(await sei("score", ...conveyor, "--task", "{kind: detection, confidence: much}")).toBe(2);
  expect(said.stderr).toMatch(/--task: .*confidence: expected/);
  expect(await sei("score", ...conveyor, "--task", "{kind: sequence, alphabet: none.txt}")).toBe(1);
  expect(said.stderr).toMatch(
    /none\.txt: expected a text file with a character of the alphabet in every line, but there is no such file/,
  );
  expect(await sei("score", ...conveyor, "--task", "regression")).toBe(1);
  expect(said.stderr).toMatch(/expected data that say .* of every sample, as the task regression needs/);
});
