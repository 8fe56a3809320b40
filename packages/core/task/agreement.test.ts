/** @file Agreement over several outputs: each compared as it is alone, the least of them counting. */
import { engine } from "@split-et-impera/ort";
import { expect, test } from "vitest";
import { inspectModel, type ModelProto } from "../onnx/index.ts";
import { float32 } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import { agreement, factsOf, qualitiesOf, type AgreementSpec } from "./index.ts";

/** A trunk with a class, a number, a map and a word for each image. */
const heads = (): ModelProto =>
  buildModel((g) => {
    g.input("image", "float32", ["batch", 3, 8, 8]);
    const trunk = g.opAs("trunk", "Relu", [conv(g, "image", "trunk weights", 3, 4)]);
    const flat = g.op("Flatten", [g.op("GlobalAveragePool", [trunk])]);
    g.output(g.opAs("kind", "Identity", [linear(g, flat, "kind weights", 4, 3)]), "float32", ["batch", 3]);
    g.output(g.opAs("angle", "Identity", [linear(g, flat, "angle weights", 4, 1)]), "float32", ["batch", 1]);
    g.output(g.opAs("map", "Identity", [conv(g, trunk, "map weights", 4, 2)]), "float32", ["batch", 2, 8, 8]);
  });

const facts = async () => factsOf(await inspectModel(heads(), engine));
const outputsOf = (kind: number[], angle: number[]) => ({
  kind: float32([kind.length / 3, 3], kind),
  angle: float32([angle.length, 1], angle),
});

test("of several outputs a sample counts by the least, and each has a figure of its own", async () => {
  const task = agreement({ kind: "agreement", outputs: ["kind", "angle"] });
  const binding = task.bind(await facts());
  expect(binding).toMatchObject({ outputs: ["kind", "angle"], notes: [], columns: 4 });
  expect(binding.parts!.map(({ by }) => by)).toEqual(["class", "values"]);
  const truths = task.answers(binding, outputsOf([3, 1, 2, 0, 9, 1], [2, 4]));
  expect(truths).toEqual([{ outputs: [{ class: 0 }, { values: [2] }] }, { outputs: [{ class: 1 }, { values: [4] }] }]);
  // The first sample has the class but half the number, the second another class and the number.
  const answers = task.answers(binding, outputsOf([5, 1, 2, 7, 0, 1], [1, 4]));
  const evidence = answers.map((answer, i) => task.judge(answer, truths[i]!));
  expect(evidence).toEqual([
    [1, 0.5],
    [0, 1],
  ]);
  const quality = qualitiesOf(task.metrics, { evidence });
  expect(Object.fromEntries(Object.entries(quality).map(([name, { value }]) => [name, value]))).toEqual({
    agreement: 0.25,
    "agreement-1": 0.5,
    "agreement-2": 0.75,
  });
  expect(task.judge(undefined, truths[0]!)).toEqual([0, 0]);
});

test("all outputs, of which there may be fewer than can have figures", async () => {
  const task = agreement({ kind: "agreement", outputs: "all" });
  const binding = task.bind(await facts());
  expect(binding.outputs).toEqual(["kind", "angle", "map"]);
  expect(binding.columns).toBe(3 + 1 + 128);
  const quality = qualitiesOf(task.metrics, { evidence: [[1, 0.5, 1]] });
  expect(Object.keys(quality)).toEqual(["agreement", "agreement-1", "agreement-2", "agreement-3"]);
});

test.each<[Partial<AgreementSpec>, RegExp]>([
  [{ outputs: ["kind", "kind"] }, /task\.outputs: expected each output once, got "kind" twice/],
  [
    { outputs: ["knd"] },
    /task\.outputs: the model has no output "knd"; its outputs are "kind" float32 \[2, 3\], "angle"/,
  ],
  [{ outputs: ["kind"], output: "kind" }, /expected `output` or `outputs`, got both/],
  [{ outputs: [] }, /expected 1 to 8 outputs .*, got 0/],
  [{ outputs: ["kind", "angle"], by: "class" }, /expected scores \[batch, n\]/],
])("%j is refused", async (spec, expected) => {
  const all = await facts();
  expect(() => agreement({ kind: "agreement", ...spec }).bind(all)).toThrow(expected);
});
