/** @file Models of which one feeds the next: `sei chain`, and a study whose model is such a list. */
import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { at as path, design, json, sei, said, useFolder } from "./testing/harness.ts";

useFolder();

const conveyor = ["--data", "conveyor", "--limit", "40"];

it("chains what was split to a model of the same answers", async () => {
  expect(await sei("split", path("tiny.onnx"), "--at", "pool1", "--out", path("parts"))).toBe(0);
  const parts = ["head", "tail"].map((name) => path(`parts/${name}.onnx`));
  const found = await json<{ inputs: string[]; outputs: string[] }>("chain", ...parts, "--out", path("whole.onnx"));
  expect(found).toMatchObject({ inputs: ["head/image"], outputs: ["tail/scores"], opset: 17 });
  const whole = await json<{ whole: object }>("score", path("whole.onnx"), ...conveyor);
  const tiny = await json<{ whole: object }>("score", path("tiny.onnx"), ...conveyor);
  expect(whole.whole).toEqual(tiny.whole);
});

it("says what does not fit, before anything is written", async () => {
  const [head, tail] = ["head", "tail"].map((name) => path(`parts/${name}.onnx`)) as [string, string];
  expect(await sei("chain", tail, head, "--out", path("no.onnx"))).toBe(1);
  expect(said.stderr).toContain('head: its input "image" takes float32 [batch, 3, 32, 32], "tail/scores" is float32');
  expect(await sei("chain", head, tail, "--feed", "tail/pool1=head/pool", "--out", path("no.onnx"))).toBe(1);
  expect(said.stderr).toContain('expected its input "pool1" to be fed one of "head/pool1", got "head/pool"');
  expect(await sei("chain", head, tail, "--feed", "nose/pool1=head/pool1", "--out", path("no.onnx"))).toBe(2);
  expect(said.stderr).toContain("--feed: expected PART/INPUT=PART/TENSOR with a part of head, tail");
  expect(await sei("chain", head, "--out", path("no.onnx"))).toBe(2);
  await expect(readFile(path("no.onnx"))).rejects.toThrow("ENOENT");
});

it("designs a pipeline as one graph, cut in either of its models", async () => {
  const study = await readFile(path("study.yaml"), "utf8");
  const pipeline = study
    .replace("model: tiny.onnx", "model: [parts/head.onnx, { path: parts/tail.onnx, name: back }]")
    .replace("candidates: [pool1]", "candidates: [head/pool1, back/pool2]")
    .replace(/ {2}bottlenecks: .*/, "  bottlenecks: []");
  await writeFile(path("pipeline.yaml"), pipeline);
  const result = await design("pipeline.yaml", "out");
  expect(result.model.file).toBe("head.onnx + tail.onnx");
  const ids = result.designs.map(({ id }) => id).join(" ");
  expect(ids).toContain("SC@head/pool1");
  expect(ids).toContain("SC@back/pool2");
  expect(await sei("report", path("out/result.json"), "--out", path("again.html"))).toBe(0);
  await writeFile(path("pipeline.yaml"), pipeline.replace("parts/head.onnx", "parts/hat.onnx"));
  expect(await sei("check", path("pipeline.yaml"))).toBe(1);
  expect(said.stderr).toMatch(/model\[0\]: expected an ONNX model, but there is no .*hat\.onnx/);
});
