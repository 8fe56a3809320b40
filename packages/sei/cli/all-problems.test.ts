/** @file `sei design` says all that model and data have against a study at once, as `sei check` does, before any work. */
import { makeNode } from "@split-et-impera/core/onnx";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { at, mistake, network, model, sei, said, useFolder, variant } from "./testing/harness.ts";

useFolder();

/** What a command says against a study, a problem a line, without the file's name. */
async function against(command: "check" | "design", study: string): Promise<string[]> {
  const more = command === "design" ? ["--out", at("none")] : [];
  const text = await mistake(command, at(study), ...more);
  const lines = text.split("\n").slice(1);
  return lines.map((line) => line.replace(/^.*?\.yaml: /, "").trim()).filter((line) => line !== "");
}

it("the same as check, whatever stands first in the way", async () => {
  const study = await variant(
    "wrong.yaml",
    ["normalise: { mean: [0.5], std: [0.25] }", "normalise: { mean: [0.5, 0.5] }\n  layout: NHWC"],
    ["candidates: [pool1]", "candidates: [poool1, conv9]\n  saliency: { classes: [gera] }"],
  );
  const said = await against("design", study);
  expect(said).toHaveLength(4);
  expect(said.toSorted()).toEqual((await against("check", study)).toSorted());
  expect(said.join("\n")).toMatch(/mean: expected 1 or 3 numbers/);
  expect(said.join("\n")).toMatch(/"poool1" is no legal cut; did you mean "pool1"\?; "conv9" is no legal cut/);
  expect(existsSync(at("none"))).toBe(false);
});

it("cuts and classes that are not there, before the first answer is computed", async () => {
  const study = await variant("late.yaml", [
    "candidates: [pool1]",
    "candidates: [pool9]\n  saliency: { classes: [gera] }",
  ]);
  expect(await against("design", study)).toHaveLength(2);
  expect(said.stderr).not.toContain("quality of the whole model");
});

it("one problem is one line", async () => {
  const study = await variant("one.yaml", ["candidates: [pool1]", "candidates: [pool9]"]);
  expect(await mistake("design", at(study))).toMatch(
    /^error [^\n]*one\.yaml:\d+:\d+ explore\.candidates: "pool9" is no legal cut[^\n]*\n$/,
  );
});

it("an output and classes that are not there, with their lines", async () => {
  const study = await variant(
    "fields.yaml",
    ["candidates: [pool1]", "candidates: [pool1]\n  saliency: { classes: [gera] }"],
    ["explore:\n", "task: { kind: classification, output: scroes }\nexplore:\n"],
  );
  const said = await against("design", study);
  expect(said.toSorted()).toEqual((await against("check", study)).toSorted());
  expect(said).toHaveLength(2);
  expect(said.join("\n")).toMatch(/fields\.yaml:\d+:\d+ explore\.saliency\.classes: no class "gera"/);
  expect(said.join("\n")).toMatch(/fields\.yaml:\d+:\d+ task\.output: the model has no output "scroes"/);
});

it("of several flows the one whose problem it is, with its line, in design and capacity too", async () => {
  const flows = "{ one: {}, other: { frames: { rate: 5 fps }, explore: { candidates: [pool9] } } }";
  const study = await variant("flows.yaml", ["explore:\n", `flows: ${flows}\nexplore:\n`]);
  for (const command of ["check", "design", "capacity"])
    expect(await mistake(command, at(study))).toMatch(
      /flows\.yaml:\d+:\d+ flows\.other\.explore\.candidates: "pool9" is no legal cut/,
    );
});

it("a cut that cannot be sent is told by check too", async () => {
  await model(
    "whole.onnx",
    network(({ graph }) => {
      for (const node of graph!.node) node.input = node.input.map((name) => (name === "pool1" ? "same" : name));
      graph!.node.push(
        makeNode("Transpose", ["pool1"], ["turned"], { perm: { ints: [1, 0, 2, 3] } }),
        makeNode("Transpose", ["turned"], ["same"], { perm: { ints: [1, 0, 2, 3] } }),
      );
    }),
  );
  const study = await variant(
    "turned.yaml",
    ["tiny.onnx", "whole.onnx"],
    ["candidates: [pool1]", "candidates: [turned]"],
  );
  for (const command of ["check", "design"] as const)
    expect(await mistake(command, at(study))).toMatch(
      /"turned" holds float32 \[8, 2, 8, 8\]; expected numbers with the batch/,
    );
  expect(await sei("check", at("study.yaml"))).toBe(0);
});
