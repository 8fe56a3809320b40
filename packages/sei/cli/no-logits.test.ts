/** @file Scores that are probabilities, with no softmax to tell where logits end: said by every command that follows them back. */
import { makeNode, toProto, valueInfo } from "@split-et-impera/core/onnx";
import { int64 } from "@split-et-impera/core/tensor";
import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { at, classes, design, model, network, said, sei, useFolder, variant } from "./testing/harness.ts";

useFolder();

const says = /the scores "shares", made by Div "shares", are probabilities and no logits/;

beforeAll(async () => {
  const shares = network(({ graph }) => {
    graph!.node.push(
      makeNode("Exp", ["scores"], ["powers"]),
      makeNode("ReduceSum", ["powers", "axis"], ["sum"]),
      makeNode("Div", ["powers", "sum"], ["shares"]),
    );
    graph!.initializer.push(toProto(int64([1], [1]), "axis"));
    graph!.output = [valueInfo("shares", "float32", ["batch", classes])];
  });
  await model("shares.onnx", shares);
});

it("train", async () => {
  const train = (file: string): string[] => ["train", at(file), "--data", "conveyor", "--limit", "32", "--epochs", "1"];
  expect(await sei(...train("shares.onnx"), "--out", at("trained.onnx")), said.stderr).toBe(0);
  expect(said.stderr).toMatch(says);
  expect(await sei(...train("tiny.onnx"), "--out", at("trained.onnx"))).toBe(0);
  expect(said.stderr).not.toContain("no logits");
});

it("design, in its report and its result too", async () => {
  const study = await variant(
    "shares.yaml",
    ["tiny.onnx", "shares.onnx"],
    ["candidates: [pool1]", "candidates: { from: saliency, most: 1 }"],
    [
      "bottlenecks: [{ compression: 16, epochs: { frozen: 2, joint: 1 }, batch: 8, augment: [mirror] }]",
      "bottlenecks: []",
    ],
  );
  const found = await design(study, "shares");
  expect(said.stderr).toMatch(says);
  expect(found.saliency!.notes).toEqual([expect.stringMatching(says)]);
  expect(await readFile(at("shares/report.html"), "utf8")).toContain("are probabilities and no logits");
});
