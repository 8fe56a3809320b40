/** @file Inspections of models with several inputs, of any type, with their batch anywhere. */
import { expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { buildModel } from "../testing/models.ts";
import { linear, residualNetwork, twoInputNetwork } from "../testing/networks.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { inspectModel, type Inspection, type ModelProto, type Port } from "./index.ts";

const any = (model: ModelProto, options = {}): Promise<Inspection> =>
  inspectModel(model, engine, { any: true, ...options });
const shapes = (ports: readonly Port[]) => ports.map(({ name, type, shape }) => `${name} ${type} ${shape.join("x")}`);

it("all inputs and outputs are told, the first of them by itself too", async () => {
  const found = await any(twoInputNetwork());
  expect(shapes(found.inputs)).toEqual(["image float32 3x8x8", "pose float32 6"]);
  expect(shapes([found.input, found.output])).toEqual(["image float32 3x8x8", "answer float32 3"]);
  expect(found.inputs[1]!.dims).toEqual(["batch", 6]);
  await expect(inspectModel(twoInputNetwork(), engine)).rejects.toThrow(/expected a model with one input/);
});

it("inputs may be of any type, without a batch, or with it behind another dimension", async () => {
  const model = buildModel((g) => {
    g.input("ids", "int64", ["tokens", "batch"]);
    g.input("scale", "float32", []);
    g.initialiser("table", randomTensor([4, 6], "table"));
    g.opAs("e", "Mul", [g.op("Gather", ["table", "ids"]), "scale"]);
    linear(g, g.opAs("m", "ReduceMean", ["e"], { axes: { ints: [0] }, keepdims: { int: 0 } }), "logits", 6, 3);
    g.output("logits");
    g.output("e");
  });
  const found = await any(model, { shapes: new Map([["ids", [5, 1]]]) });
  expect(shapes(found.inputs)).toEqual(["ids int64 5", "scale float32 "]);
  expect(shapes(found.outputs)).toEqual(["logits float32 3", "e float32 5x6"]);
  expect((await any(model, { output: "e" })).output.name).toBe("e");
  await expect(any(model, { output: "f" })).rejects.toThrow(/its outputs are logits, e/);
});

it("one image at a time is taken as before", async () => {
  const [own, other] = [residualNetwork({ batch: 1 }), residualNetwork({ batch: 1 })];
  const [found, usual] = [await any(own), await inspectModel(other, engine)];
  expect([found.input, found.output, found.cuts]).toEqual([usual.input, usual.output, usual.cuts]);
  const picture = buildModel((g) => {
    g.input("image", "uint8", [8, 8, 3]);
    g.opAs("y", "ReduceMean", [g.cast("image", "float32")], { axes: { ints: [0, 1] }, keepdims: { int: 0 } });
    g.output("y");
  });
  const alone = await any(picture);
  expect([alone.unbatched, ...shapes([alone.input, alone.output])]).toEqual([true, "image uint8 8x8x3", "y float32 3"]);
});
