/** @file `sei gradient`, as it is called. */
import { parseModel, serialiseModel } from "@split-et-impera/core/onnx";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { float32 } from "../../core/tensor/index.ts";
import { buildModel } from "../../core/testing/models.ts";
import { at, json, model, sei, said, useFolder } from "./testing/harness.ts";

useFolder();

it("finds names that hold commas, in one flag or several", async () => {
  const file = await model(
    "commas.onnx",
    serialiseModel(
      buildModel((g) => {
        g.input("x", "float32", ["batch", 2]);
        g.initialiser("weight,2", float32([2], [3, 4]));
        g.opAs("pool(1,2)", "Mul", ["x", "weight,2"]);
        g.opAs("y", "Tanh", ["pool(1,2)"]);
        g.output("y");
      }),
    ),
  );
  for (const flags of [
    ["--wrt", "x, pool(1,2),weight,2"],
    ["--wrt", "x", "--wrt", "pool(1,2)", "--wrt", '"weight,2"'],
  ]) {
    const found = await json<{ gradients: object }>("gradient", file, ...flags, "--out", at("out.onnx"));
    expect(Object.keys(found.gradients)).toEqual(["x", "pool(1,2)", "weight,2"]);
  }
  const outputs = parseModel(await readFile(at("out.onnx"))).graph!.output.map(({ name }) => name);
  expect(outputs).toEqual(["y", "grad/x", "grad/pool(1,2)", "grad/weight,2"]);
  expect(await sei("gradient", file, "--wrt", "weight,1", "--out", at("out.onnx"))).toBe(1);
  expect(said.stderr).toContain('no tensor "weight"');
});
