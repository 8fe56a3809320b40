/** @file What makes real models hard to cut, each built in code: every legal cut of one tensor, and useful ones of several. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
} from "onnx-buf";
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { float32, int64, type Tensor } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { conv } from "../testing/networks.ts";
import {
  AttributeType,
  cheaper,
  severalCuts,
  joinSegments,
  makeNode,
  parseModel,
  planSegments,
  proveSegments,
  serialiseModel,
  singleTensorCuts,
  splitSegments,
  surveyModel,
  valueInfo,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type CutCost,
  type Survey,
} from "./index.ts";

/** Splits at every cut of one tensor and every useful one of several, proves each and its joined form. */
async function proveAll(model: ModelProto): Promise<{ singles: string[]; sets: CutCost[]; survey: Survey }> {
  const survey = await surveyModel(parseModel(serialiseModel(model)), engine);
  const singles = singleTensorCuts(survey.index).map(({ tensor }) => tensor);
  const sets = severalCuts(survey);
  const whole = serialiseModel(survey.model);
  const { inputs, outputs } = survey.index;
  const feeds = survey.feeds(3);
  for (const cut of [...singles.map((name) => [name]), ...sets.map(({ tensors }) => tensors)]) {
    const { models } = splitSegments(survey, [cut]);
    const parts = models.map((part) => serialiseModel(part));
    const { proof } = await proveSegments(engine, whole, parts, outputs, [feeds]);
    expect(proof, cut.join()).toMatchObject({ exact: true });
    const read = parts.map((bytes, i) => ({ file: String(i), model: parseModel(bytes) }));
    const joined = serialiseModel(joinSegments(read, inputs, outputs));
    expect((await proveSegments(engine, whole, [joined], outputs, [feeds])).proof).toMatchObject({ exact: true });
  }
  return { singles, sets, survey };
}

const body = (fields: MessageInitShape<typeof GraphProtoSchema>): GraphProto => create(GraphProtoSchema, fields);
const withBodies = (node: NodeProto, bodies: Record<string, GraphProto>): NodeProto => {
  for (const [name, g] of Object.entries(bodies))
    node.attribute.push(create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g }));
  return node;
};
const values = (value: Tensor) => ({ tensor: value });

describe("control flow", () => {
  /** y = tanh(loop), where the body of the loop adds what an If inside it makes of outer tensors. */
  const loop = (): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Relu", ["x"]);
      g.opAs("b", "Neg", ["a"]);
      g.initialiser("outer", float32([1], [0.25]));
      g.initialiser("count", int64([], [3]));
      g.model.graph!.initializer.push(
        ...buildModel((h) => void h.initialiser("yes", { type: "bool", dims: [], data: Uint8Array.of(1) })).graph!
          .initializer,
      );
      const inner = withBodies(makeNode("If", ["on"], ["chosen"]), {
        then_branch: body({
          name: "then",
          node: [makeNode("Mul", ["a", "outer"], ["then_out"])],
          output: [valueInfo("then_out", "float32")],
        }),
        else_branch: body({
          name: "else",
          node: [makeNode("Identity", ["a"], ["else_out"])],
          output: [valueInfo("else_out", "float32")],
        }),
      });
      const rounds = withBodies(makeNode("Loop", ["count", "yes", "b"], ["l"]), {
        body: body({
          name: "round",
          input: [valueInfo("i", "int64", []), valueInfo("on", "bool", []), valueInfo("state", "float32")],
          node: [inner, makeNode("Add", ["state", "chosen"], ["next"]), makeNode("Identity", ["on"], ["go"])],
          output: [valueInfo("go", "bool", []), valueInfo("next", "float32")],
        }),
      });
      g.model.graph!.node.push(rounds);
      g.opAs("y", "Tanh", ["l"]);
      g.output("y");
    });

  it("keeps bodies whole, with what they capture at any depth", async () => {
    const { singles, survey } = await proveAll(loop());
    expect(singles).toEqual(["a", "l"]);
    const { models } = splitSegments(survey, [["b", "a"]]);
    expect(models[1]!.graph!.initializer.map(({ name }) => name)).toEqual(["outer", "count", "yes"]);
  });

  it("is refused as a place for a cut, by its operators' names", async () => {
    const { index } = await surveyModel(loop(), engine);
    expect(() => planSegments(index, [["chosen"]])).toThrow(
      /"chosen" lies inside the body of Loop "l"; a body runs as a whole/,
    );
    expect(() => planSegments(index, [["then_out"]])).toThrow(/inside the body of Loop "l", in If "chosen"/);
  });

  it("with Scan", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Exp", ["x"]);
      g.opAs("first", "ReduceSum", ["a", g.ints([0])], { keepdims: { int: 0 } });
      const scan = withBodies(makeNode("Scan", ["first", "a"], ["last", "all"], { num_scan_inputs: { int: 1 } }), {
        body: body({
          name: "step",
          input: [valueInfo("state", "float32", [4]), valueInfo("row", "float32", [4])],
          node: [makeNode("Add", ["state", "row"], ["sum"]), makeNode("Mul", ["sum", "first"], ["seen"])],
          output: [valueInfo("sum", "float32", [4]), valueInfo("seen", "float32", [4])],
        }),
      });
      g.model.graph!.node.push(scan);
      g.opAs("c", "Add", ["all", "last"]);
      g.opAs("y", "Sqrt", ["c"]);
      g.output("y");
    });
    expect((await proveAll(model)).singles).toEqual(["a", "c"]);
  });
});

it("local functions and operator sets of several domains go with every part", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.model.graph!.node.push(makeNode("Twice", ["x"], ["a"]), makeNode("Gelu", ["a"], ["b"]));
    g.model.graph!.node[0]!.domain = "local";
    g.model.graph!.node[1]!.domain = "com.microsoft";
    g.model.graph!.node.push(makeNode("Twice", ["b"], ["c"]));
    g.model.graph!.node[2]!.domain = "local";
    g.opAs("y", "Relu", ["c"]);
    g.output("y");
  });
  const opset = (domain: string, version: bigint) => create(OperatorSetIdProtoSchema, { domain, version });
  model.opsetImport.push(opset("local", 1n), opset("com.microsoft", 1n));
  model.functions.push(
    create(FunctionProtoSchema, {
      name: "Twice",
      domain: "local",
      input: ["in"],
      output: ["out"],
      node: [makeNode("Add", ["in", "in"], ["out"])],
      opsetImport: [opset("", 17n)],
    }),
  );
  const { singles, survey } = await proveAll(model);
  expect(singles).toEqual(["a", "b", "c"]);
  for (const part of splitSegments(survey, [["b"]]).models) {
    expect(part.functions.map(({ name }) => name)).toEqual(["Twice"]);
    expect(part.opsetImport.map(({ domain }) => domain)).toEqual(["", "local", "com.microsoft"]);
  }
});

describe("quantised models", () => {
  const scale = float32([], [0.05]);
  const zero: Tensor = { type: "uint8", dims: [], data: Uint8Array.of(128) };
  /** Q -> DQ around every convolution, a shortcut over the second. */
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 4, 4]);
    const parameters = [g.initialiser("scale", scale), g.initialiser("zero", zero)];
    const pair = (x: string, name: string): string =>
      g.opAs(`${name}.d`, "DequantizeLinear", [
        g.opAs(`${name}.q`, "QuantizeLinear", [x, ...parameters]),
        ...parameters,
      ]);
    const one = pair(conv(g, pair("x", "in"), "c1", 3, 4), "one");
    const two = pair(conv(g, one, "c2", 4, 4), "two");
    g.opAs("sum", "Add", [two, one]);
    g.opAs("y", "ReduceMean", ["sum"], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
    g.output("y");
  });

  it("are equal at every cut; useful ones send what is quantised, and dequantise behind the cut", async () => {
    const { sets, survey } = await proveAll(model);
    expect(sets.length).toBeGreaterThan(0);
    const { models } = splitSegments(survey, [["two.q", "one.q"]]);
    for (const { tensors } of sets) expect(tensors.some((name) => name.endsWith(".d"))).toBe(false);
    // The operators that a runtime fuses (dequantise, add) stay together, with their scales on both sides.
    expect(models[1]!.graph!.node.map(({ opType }) => opType)).toEqual([
      "DequantizeLinear",
      "DequantizeLinear",
      "Add",
      "ReduceMean",
    ]);
    expect(models[1]!.graph!.initializer.map(({ name }) => name)).toEqual(["scale", "zero"]);
    const bytesOf = (name: string): number => (name.endsWith(".q") ? 1 : 4);
    expect(cheaper(survey.index, ["two.d", "one.d"], bytesOf)).toEqual(["two.q", "one.q"]);
  });
});

it("cheap producers are run again rather than sent", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", "tokens", 6]);
    g.opAs("a", "Tanh", ["x"]);
    const size = g.shape("a");
    g.opAs("wide", "Cast", ["a"], { to: { int: 11 } });
    g.opAs("b", "Softmax", ["a"]);
    g.opAs("flat", "Reshape", [g.opAs("exp", "Exp", ["b"]), g.ints([-1])]);
    g.opAs("back", "Reshape", ["flat", size]);
    g.opAs("low", "Cast", ["wide"], { to: { int: 1 } });
    g.opAs("y", "Add", ["back", "low"]);
    g.output("y");
  });
  const { singles, sets, survey } = await proveAll(model);
  expect(singles).toEqual(["a"]);
  // Shape and Cast follow from "a", wherever that crosses; no double-width copy and no sizes cross.
  for (const { tensors } of sets) {
    expect(tensors).not.toContain("wide");
    expect(tensors).not.toContain("Shape");
  }
  const { models } = splitSegments(survey, [["b", "a"]]);
  expect(models[1]!.graph!.node.map(({ opType }) => opType)).toContain("Shape");
});

it("optional inputs left out, optional outputs left out", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.initialiser("top", float32([], [0.5]));
    g.opAs("a", "Clip", ["x", "", "top"]);
    const node = makeNode("Dropout", ["a"], ["b", ""]);
    g.model.graph!.node.push(node);
    g.model.graph!.node.push(makeNode("TopK", ["b", g.ints([2])], ["best", "places"]));
    g.opAs("c", "Cast", ["best"], { to: { int: 1 } });
    g.opAs("y", "Clip", ["c", "", "top"]);
    g.output("y");
  });
  expect((await proveAll(model)).singles).toEqual(["a", "b", "best", "c"]);
});

it("weights made by constant nodes are made on both sides", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 4, 4]);
    g.opAs("kernel", "ConstantOfShape", [g.ints([3, 3, 1, 1])], { value: values(float32([1], [0.5])) });
    g.opAs("bias", "Constant", [], { value: values(float32([3], [1, 2, 3])) });
    g.opAs("twice", "Add", ["kernel", "kernel"]);
    g.opAs("a", "Conv", ["x", "twice", "bias"]);
    g.opAs("b", "Relu", ["a"]);
    g.opAs("y", "Conv", ["b", "twice", "bias"]);
    g.output("y");
  });
  const { singles, survey } = await proveAll(model);
  expect(singles).toEqual(["a", "b"]);
  const { models } = splitSegments(survey, [["b"]]);
  expect(models.map(({ graph }) => graph!.node.map(({ opType }) => opType))).toEqual([
    ["ConstantOfShape", "Constant", "Add", "Conv", "Relu"],
    ["ConstantOfShape", "Constant", "Add", "Conv"],
  ]);
});

it("metadata, descriptions and known shapes are kept where they belong", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.opAs("a", "Relu", ["x"]);
    g.opAs("b", "Tanh", ["a"]);
    g.opAs("c", "Exp", ["b"]);
    g.opAs("y", "Neg", ["c"]);
    g.output("y");
  });
  model.metadataProps = [create(StringStringEntryProtoSchema, { key: "author", value: "someone" })];
  model.graph!.valueInfo = ["a", "b", "c"].map((name) => valueInfo(name, "float32", ["batch", 4]));
  model.graph!.node[3]!.docString = "the last one";
  const { survey } = await proveAll(model);
  const { models } = splitSegments(survey, [["b"]]);
  expect(models.map(({ graph }) => graph!.valueInfo.map(({ name }) => name))).toEqual([["a"], ["c"]]);
  expect(models.map(({ metadataProps }) => metadataProps[0]!.value)).toEqual(["someone", "someone"]);
  expect(models[1]!.graph!.node[1]!.docString).toBe("the last one");
});

it("sequences cannot cross; tensors beside them can", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 4]);
    g.opAs("a", "Relu", ["x"]);
    g.opAs("list", "SequenceConstruct", ["a", "a"]);
    g.opAs("b", "ConcatFromSequence", ["list"], { axis: { int: 1 } });
    g.opAs("y", "Tanh", ["b"]);
    g.output("y");
  });
  const survey = await surveyModel(model, engine);
  expect(() => splitSegments(survey, [["list"]])).toThrow(/"list" is a sequence and cannot cross/);
  const { models } = splitSegments(survey, [["a"], ["b"]]);
  const parts = models.map((part) => serialiseModel(part));
  const { proof } = await proveSegments(engine, serialiseModel(model), parts, ["y"], [survey.feeds(3)]);
  expect(proof.exact).toBe(true);
});
