/** @file Cutting in several places: what goes where, equality bit for bit, refusals that name the way around, joining. */
import { create } from "@bufbuild/protobuf";
import { SparseTensorProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { float32, int64 } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear, residualNetwork } from "../testing/networks.ts";
import {
  indexGraph,
  joinSegments,
  parseModel,
  planSegments,
  proveSegments,
  serialiseModel,
  splitSegments,
  surveyModel,
  toProto,
  type ModelProto,
  type Segments,
} from "./index.ts";

/** Cuts, proves, joins again and proves that too. */
async function prove(model: ModelProto, cuts: string[][]): Promise<Segments> {
  const survey = await surveyModel(model, engine);
  const segments = splitSegments(survey, cuts);
  const parts = segments.models.map((part) => serialiseModel(part));
  const outputs = survey.index.outputs;
  const whole = serialiseModel(model);
  const feeds = [survey.feeds(3), survey.feeds(1)];
  const { proof } = await proveSegments(engine, whole, parts, outputs, feeds);
  expect(proof, cuts.join(" | ")).toMatchObject({ exact: true });
  expect(proof.largestDifference).toBeLessThanOrEqual(1e-4 * proof.largestOutput);
  // What is written can be read again, and composed to the whole.
  const read = parts.map((bytes, i) => ({ file: `segment-${i + 1}.onnx`, model: parseModel(bytes) }));
  const joined = joinSegments(read, survey.index.inputs, outputs);
  const again = await proveSegments(engine, whole, [serialiseModel(joined)], outputs, feeds);
  expect(again.proof).toMatchObject({ exact: true });
  expect(indexGraph(joined.graph!).nodes.length).toBeLessThanOrEqual(survey.index.nodes.length);
  return segments;
}

/** x -> a, b, c (each reads the one before), y = c + a + x: skips of two lengths. */
const skips = (): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.opAs("a", "Relu", ["x"]);
    g.opAs("b", "Tanh", ["a"]);
    g.opAs("c", "Sigmoid", ["b"]);
    g.opAs("d", "Add", ["c", "a"]);
    g.opAs("y", "Sum", ["d", "x"]);
    g.output("y", "float32", ["batch", 4]);
  });

const tensors = ({ plan }: Segments): Record<string, unknown> =>
  Object.fromEntries(plan.tensors.map(({ name, from, to, crosses }) => [name, { from, to, crosses }]));

describe("segments", () => {
  it("of a chain, three cuts, in any order", async () => {
    const { plan } = await prove(residualNetwork(), [["pool"], ["stem"], ["sum"]]);
    expect(plan.cuts).toEqual([["stem"], ["sum"], ["pool"]]);
    expect(plan.segments.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [["image"], ["stem"]],
      [["stem"], ["sum"]],
      [["sum"], ["pool"]],
      [["pool"], ["logits"]],
    ]);
  });

  it("with tensors that cross several cuts, the model's input among them", async () => {
    const found = await prove(skips(), [
      ["a", "x"],
      ["b", "a", "x"],
      ["c", "a", "x"],
    ]);
    expect(tensors(found)).toEqual({
      x: { from: "input", to: [0, 3], crosses: [0, 1, 2] },
      a: { from: 0, to: [1, 3], crosses: [0, 1, 2] },
      b: { from: 1, to: [2], crosses: [1] },
      c: { from: 2, to: [3], crosses: [2] },
      y: { from: 3, to: ["output"], crosses: [] },
    });
    // Nothing is handed through a segment that does not read it.
    expect(found.models[2]!.graph!.input.map(({ name }) => name)).toEqual(["b"]);
  });

  it("inside a residual block", async () => {
    const { plan } = await prove(residualNetwork(), [["conv2", "relu1"], ["flat"]]);
    expect(plan.segments[1]!.inputs).toEqual(["conv2", "relu1"]);
  });

  it("with outputs made before a cut, inputs that are outputs, constants as outputs", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Relu", ["x"]);
      g.opAs("early", "Neg", ["a"]);
      g.opAs("b", "Tanh", ["a"]);
      g.opAs("y", "Exp", ["b"]);
      g.initialiser("w", float32([2], [1, 2]));
      for (const name of ["early", "x", "b", "y", "w"]) g.output(name);
    });
    expect(tensors(await prove(model, [["a"], ["b"]]))).toMatchObject({
      x: { from: "input", to: [0, "output"] },
      early: { from: 1, to: ["output"] },
      b: { from: 1, to: [2, "output"], crosses: [1] },
    });
    expect(tensors(await prove(model, [["b"]]))).toMatchObject({ early: { from: 0 }, y: { from: 1 } });
  });

  it("with several inputs of several types", async () => {
    const model = buildModel((g) => {
      g.input("ids", "int64", ["batch", "tokens"]);
      g.input("mask", "bool", ["batch", "tokens"]);
      g.initialiser("table", float32([2, 3], [1, 2, 3, 4, 5, 6]));
      g.opAs("e", "Gather", ["table", "ids"]);
      g.opAs("m", "Cast", [g.unsqueeze("mask", [2])], { to: { int: 1 } });
      g.opAs("a", "Mul", ["e", "m"]);
      g.opAs("b", "Softmax", ["a"]);
      g.opAs("y", "Mul", ["b", "m"]);
      g.output("y");
    });
    const { models } = await prove(model, [
      ["a", "mask"],
      ["b", "m"],
    ]);
    const dims = models[1]!.graph!.input[0]!.type!.value;
    expect(dims.case === "tensorType" && dims.value.shape!.dim.map(({ value }) => value.value)).toEqual([
      "batch",
      "tokens",
      3n,
    ]);
    await prove(model, [["e", "m"]]);
  });

  it("of tensors whose sizes come from open dimensions stay open", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", "tokens", 4]);
      g.opAs("rows", "Reshape", ["x", g.ints([-1, 4])]);
      linear(g, "rows", "z", 4, 3);
      g.opAs("y", "Reshape", ["z", g.op("Concat", [g.sizes("x", [0, 1]), g.ints([3])], { axis: { int: 0 } })]);
      g.output("y");
    });
    const shape = [...model.graph!.node].find(({ opType }) => opType === "Shape")!.output[0]!;
    const { models } = await prove(model, [["rows", shape]]);
    const type = models[0]!.graph!.output[0]!.type!.value;
    expect(type.case === "tensorType" && type.value.shape!.dim.map(({ value }) => value.value)).toEqual(["rows_0", 4n]);
  });

  it("run a node again where only one of its outputs crosses", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("p", "Relu", ["x"]);
      const [s, t] = g.ops("Split", ["p", g.ints([1, 3])], 2, { axis: { int: 1 } });
      g.opAs("u", "Exp", [s!]);
      g.opAs("y", "Mul", ["u", t!]);
      g.output("y");
    });
    await prove(model, [["p", "Split"]]);
    await prove(model, [["u", "Split_2"]]);
  });

  it("carry sparse initialisers, and constant nodes on both sides", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      const made = g.opAs("made", "ConstantOfShape", [g.ints([4])], {
        value: { tensor: float32([1], [0.5]) },
      });
      g.opAs("a", "Mul", ["x", made]);
      g.opAs("b", "Add", ["a", "sparse"]);
      g.opAs("y", "Sub", [g.opAs("c", "Mul", ["b", made]), "sparse"]);
      g.output("y");
    });
    model.graph!.sparseInitializer.push(
      create(SparseTensorProtoSchema, {
        values: toProto(float32([2], [3, -1]), "sparse"),
        indices: toProto(int64([2], [0, 2]), "sparse_indices"),
        dims: [4n],
      }),
    );
    const { models } = await prove(model, [["a"], ["b"]]);
    expect(models.map(({ graph }) => graph!.node.map(({ opType }) => opType))).toEqual([
      ["ConstantOfShape", "Mul"],
      ["Add"],
      ["ConstantOfShape", "Mul", "Sub"],
    ]);
    expect(models.map(({ graph }) => graph!.sparseInitializer.length)).toEqual([0, 1, 1]);
  });
});

describe("refused cuts", () => {
  const index = indexGraph(residualNetwork().graph!);
  const cutting =
    (...cuts: string[][]) =>
    () =>
      planSegments(index, cuts);

  it("name the path that goes around", () => {
    expect(cutting(["conv2"])).toThrow(
      'cutting at "conv2" alone does not separate the model: a path goes around it: "image" -> Conv "stem" -> ' +
        'Relu "relu1" -> Add "sum" -> Relu "relu3" -> MaxPool "pool" -> Flatten "flat" -> Gemm "logits"',
    );
    expect(() => planSegments(indexGraph(skips().graph!), [["b", "a"]])).toThrow(/"x" -> Sum "y"/);
  });

  it("leave nothing on a side, or nothing between two", () => {
    expect(cutting(["image"])).toThrow(/nothing before the cut/);
    expect(cutting(["logits"])).toThrow(/nothing behind the cut/);
    expect(cutting(["stem"], ["stem"])).toThrow(/no operator between "stem" and "stem"/);
    expect(cutting([])).toThrow(/expected the names/);
    expect(cutting()).toThrow(/at least one cut/);
  });

  it("name no tensor, or a constant", () => {
    expect(cutting(["ghost"])).toThrow(/no tensor "ghost"/);
    expect(cutting(["stem.weight"])).toThrow(/"stem.weight" is a constant/);
  });

  it("cross each other", () => {
    expect(cutting(["conv2", "relu1"], ["relu2", "relu1"], ["sum"])).not.toThrow();
    const parallel = indexGraph(skips().graph!);
    expect(() =>
      planSegments(parallel, [
        ["b", "a", "x"],
        ["c", "a", "x"],
        ["d", "x"],
      ]),
    ).not.toThrow();
  });

  it("need random numbers on both sides", () => {
    const model = buildModel((g) => {
      g.input("x", "float32", [1, 4]);
      g.opAs("r", "RandomNormal", [], { shape: { ints: [4] } });
      g.opAs("a", "Add", ["x", "r"]);
      g.opAs("y", "Mul", ["a", "r"]);
      g.output("y");
    });
    const random = indexGraph(model.graph!);
    expect(() => planSegments(random, [["a"]])).toThrow(/random numbers "r"; cut that tensor too/);
    expect(() => planSegments(random, [["a", "r"]])).not.toThrow();
  });
});

describe("joining", () => {
  it("refuses segments of different models, and missing ones", async () => {
    const survey = await surveyModel(residualNetwork(), engine);
    const { models } = splitSegments(survey, [["stem"], ["sum"]]);
    const other = buildModel((g) => {
      g.input("sum", "float32", ["batch", 8, 8, 8]);
      conv(g, "sum", "stem", 8, 8);
      g.output("stem");
    });
    const named = (list: ModelProto[]) => list.map((model, i) => ({ file: `${i}.onnx`, model }));
    expect(() => joinSegments(named([...models, other]), ["image"], ["logits"])).toThrow(
      /the tensor "stem" is not the same in 0.onnx and 3.onnx/,
    );
    expect(() => joinSegments(named([models[0]!, models[2]!]), ["image"], ["logits"])).toThrow(
      /do not fit together: .* reads "sum"/,
    );
    expect(() => joinSegments(named(models), ["image"], ["ghost"])).toThrow(/output "ghost"/);
  });
});
