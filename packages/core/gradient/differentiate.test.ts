import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, FunctionProtoSchema, GraphProtoSchema, OperatorSetIdProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import {
  AttributeType,
  makeNode,
  opsetOf,
  serialiseModel,
  valueInfo,
  type GraphBuilder,
  type ModelProto,
} from "../onnx/index.ts";
import { float32, int64, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { differentiate, firstNotFiniteGradient } from "./index.ts";

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

/** A small network with a strided convolution, so that its gradient depends on sizes. */
function network(opset: number, dims: (number | string)[]): ModelProto {
  return buildModel((g) => {
    g.input("x", "float32", dims);
    g.initialiser("w", randomTensor([4, 3, 3, 3], "w"));
    g.opAs("c", "Conv", ["x", "w"], { strides: { ints: [2, 2] }, auto_pad: { string: "SAME_UPPER" } });
    g.opAs("r", "Relu", ["c"]);
    g.opAs("p", "GlobalAveragePool", ["r"]);
    g.opAs("f", "Flatten", ["p"]);
    g.opAs("y", "Softmax", ["f"]);
    g.output("y", "float32", [dims[0]!, 4]);
  }, opset);
}

test.each([7, 9, 11, 13, 17, 18, 21])("a model of operator set %i gets gradients", async (opset) => {
  const model = network(opset, ["batch", 3, 8, 8]);
  const found = await differentiate(engine, model, { of: "y", wrt: ["x", "w", "r"] });
  expect(found.gradients).toEqual({ x: "grad/x", w: "grad/w", r: "grad/r" });
  expect(found.seed).toBe("seed/y");
  expect(opsetOf(found.model)).toBe(Math.max(18, opset));
  const result = await run(found.model, { x: randomTensor([5, 3, 8, 8], "x"), "seed/y": randomTensor([5, 4], "s") });
  expect(result["grad/x"]!.dims).toEqual([5, 3, 8, 8]);
  expect(result["grad/w"]!.dims).toEqual([4, 3, 3, 3]);
});

test("free dimensions stay free, and other sizes give the gradient of a model of these sizes", async () => {
  const free = await differentiate(engine, network(17, ["n", 3, "h", "w"]), {
    of: "y",
    wrt: ["x", "w"],
    shapes: { x: [2, 3, 8, 8] },
  });
  expect(free.free).toEqual(["n", "h", "w"]);
  const declared = free.model.graph!.output.find(({ name }) => name === "grad/x")!.type!.value;
  expect(declared.case === "tensorType" && declared.value.shape!.dim.map(({ value }) => value.value)).toEqual([
    "n",
    3n,
    "h",
    "w",
  ]);
  for (const [h, w] of [
    [7, 9],
    [10, 6],
  ] as const) {
    const fixed = await differentiate(engine, network(17, ["n", 3, h, w]), { of: "y", wrt: ["x", "w"] });
    const feeds = { x: randomTensor([3, 3, h, w], "x"), "seed/y": randomTensor([3, 4], "s") };
    const [a, b] = [await run(free.model, feeds), await run(fixed.model, feeds)];
    for (const name of ["grad/x", "grad/w"]) {
      expect(a[name]!.dims).toEqual(b[name]!.dims);
      const worst = Math.max(...(a[name]!.data as Float32Array).map((v, i) => Math.abs(v - Number(b[name]!.data[i]))));
      expect(worst).toBeLessThan(1e-5);
    }
  }
});

test("one number needs no seed; what it does not depend on gets zeros", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [3]);
    g.input("z", "float32", ["n"]);
    g.opAs("y", "ReduceSum", [g.op("Mul", ["x", "x"])], { keepdims: { int: 0 } });
    g.opAs("u", "Neg", ["z"]);
    g.output("y");
    g.output("u");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x", "z", "x"] });
  expect(found.seed).toBeUndefined();
  expect(found.independent).toEqual(["z"]);
  const result = await run(found.model, { x: float32([3], [1, 2, 3]), z: float32([2], [1, 2]) });
  expect([...(result["grad/x"]!.data as Float32Array)]).toEqual([2, 4, 6]);
  expect([...(result["grad/z"]!.data as Float32Array)]).toEqual([0, 0]);
});

test("an operator that the engine lacks is written with others", async () => {
  const model = buildModel((g) => {
    g.input("a", "float32", [2, 3]);
    g.input("b", "float32", [3]);
    g.opAs("y", "Mean", ["a", "b"]);
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["a", "b"] });
  const feeds = {
    a: randomTensor([2, 3], "a"),
    b: randomTensor([3], "b"),
    "seed/y": float32([2, 3], [1, 1, 1, 1, 1, 1]),
  };
  expect([...((await run(found.model, feeds))["grad/b"]!.data as Float32Array)]).toEqual([1, 1, 1]);
});

test("functions of the model are inlined, with their attributes", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2]);
    g.opAs("y", "Twice", ["x"], { slope: { float: 0.5 } });
    g.output("y");
  });
  model.graph!.node[0]!.domain = "own";
  const version = model.opsetImport[0]!;
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: "own", version: 1n }));
  const leaky = makeNode("LeakyRelu", ["t"], ["b"]);
  leaky.attribute.push(
    create(AttributeProtoSchema, { name: "alpha", type: AttributeType.FLOAT, refAttrName: "slope" }),
  );
  model.functions.push(
    create(FunctionProtoSchema, {
      name: "Twice",
      domain: "own",
      input: ["a"],
      output: ["b"],
      attribute: ["slope"],
      opsetImport: [version],
      node: [makeNode("Add", ["a", "a"], ["t"]), leaky],
    }),
  );
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const result = await run(found.model, { x: float32([2], [1, -1]), "seed/y": float32([2], [1, 1]) });
  expect([...(result["grad/x"]!.data as Float32Array)]).toEqual([2, 1]);
});

test("functions that each call the next twice are refused, not followed without end", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2]);
    g.opAs("y", "Call0", ["x"]);
    g.output("y");
  });
  model.graph!.node.at(-1)!.domain = "own";
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: "own", version: 1n }));
  const calls = 26;
  for (let i = 0; i <= calls; i++) {
    const call = (from: string, to: string) =>
      Object.assign(makeNode(i === calls ? "Neg" : `Call${i + 1}`, [from], [to]), i < calls && { domain: "own" });
    model.functions.push(
      create(FunctionProtoSchema, {
        name: `Call${i}`,
        domain: "own",
        input: ["a"],
        output: ["b"],
        opsetImport: [model.opsetImport[0]!, model.opsetImport[1]!],
        node: [call("a", "t"), call("t", "b")],
      }),
    );
  }
  await expect(differentiate(engine, model, { of: "y", wrt: ["x"] })).rejects.toMatchObject({
    code: "ERR_MODEL_FUNCTION",
    message: expect.stringContaining("at most 100000 operators"),
  });
});

test.each([
  ["Slice", "starts"],
  ["Pad", "pads"],
  ["Upsample", "scales"],
])("an old %s without its %s is a mistake of the model's", async (operator, name) => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2, 3]);
    g.opAs("y", operator, ["x"]);
    g.output("y");
  }, 9);
  await expect(differentiate(engine, model, { of: "y", wrt: ["x"] })).rejects.toMatchObject({
    code: "ERR_MODEL_OPSET",
    message: expect.stringMatching(new RegExp(`${operator} "y": expected .*${name}`)),
  });
});

/** y = x where a condition of x holds, else -x. */
function conditional(): ModelProto {
  return buildModel((g) => {
    g.input("x", "float32", [3]);
    const sum = g.op("ReduceSum", ["x"], { keepdims: { int: 0 } });
    const positive = g.op("Greater", [sum, g.scalar(0)]);
    g.opAs("y", "If", [positive]);
    const branch = (operator: string) =>
      create(GraphProtoSchema, {
        name: operator,
        node: [makeNode(operator, ["x"], [operator])],
        output: [valueInfo(operator, "float32", [3])],
      });
    for (const [name, operator] of [
      ["then_branch", "Identity"],
      ["else_branch", "Neg"],
    ] as const) {
      g.model
        .graph!.node.at(-1)!
        .attribute.push(create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: branch(operator) }));
    }
    g.opAs("z", "Mul", ["y", g.constant(float32([3], [1, 2, 3]))]);
    g.output("z");
  });
}

test("slices and picks behind a transposition survive the engine's optimiser", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2, 3, 4, 5]);
    const turned = g.transpose("x", [0, 2, 3, 1]);
    const part = g.transpose(g.slice(turned, [1, 0], [3, 2], [2, 3]), [0, 3, 1, 2]);
    const one = g.op("Gather", [g.transpose("x", [1, 0, 2, 3]), g.constant(int64([], [1]))], { axis: { int: 2 } });
    g.opAs("y", "Add", [g.op("ReduceSum", [part]), g.op("ReduceSum", [one])]);
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const feeds = { x: randomTensor([2, 3, 4, 5], "x") };
  const session = await engine.load(serialiseModel(found.model), { optimisation: "none" });
  const plain = await session.run(feeds);
  await session.release();
  expect((await run(found.model, feeds))["grad/x"]!.data).toEqual(plain["grad/x"]!.data);
});

test("a classifier that answers with a map of classes has gradients before it", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["n", 4]);
    g.opAs("p", "Softmax", [g.op("MatMul", ["x", g.constant(randomTensor([4, 3], "w"))])]);
    g.opAs("by class", "ZipMap", ["p"], { classlabels_int64s: { ints: [0, 1, 2] } });
    g.output("by class");
  });
  model.graph!.node.at(-1)!.domain = "ai.onnx.ml";
  model.graph!.output[0]!.type = undefined;
  model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: "ai.onnx.ml", version: 1n }));
  const found = await differentiate(engine, model, { of: "p", wrt: ["x"] });
  const result = await run(found.model, { x: randomTensor([2, 4], "x"), "seed/p": randomTensor([2, 3], "s") });
  expect(result["grad/x"]!.dims).toEqual([2, 4]);
});

test("gradients pass behind control flow, and stop with its name inside", async () => {
  const behind = await differentiate(engine, conditional(), { of: "z", wrt: ["y"] });
  const result = await run(behind.model, { x: float32([3], [1, 1, 1]), "seed/z": float32([3], [1, 1, 1]) });
  expect([...(result["grad/y"]!.data as Float32Array)]).toEqual([1, 2, 3]);
  await expect(differentiate(engine, conditional(), { of: "z", wrt: ["x"] })).rejects.toThrow(/If "y" has no gradient/);
  const inside = differentiate(engine, conditional(), { of: "z", wrt: ["Neg"] });
  await expect(inside).rejects.toThrow('"Neg" lies in a body of If "y"');
});

test("quantisation passes the gradient straight through, within its limits", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [4]);
    const scale = g.scalar(0.5);
    const zero = g.constant({ type: "uint8", dims: [], data: Uint8Array.of(3) });
    g.opAs("q", "QuantizeLinear", ["x", scale, zero]);
    g.opAs("d", "DequantizeLinear", ["q", scale, zero]);
    g.opAs("y", "Mul", ["d", g.scalar(3)]);
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const feeds = { x: float32([4], [1.2, -1, -100, 1000]), "seed/y": float32([4], [1, 1, 1, 1]) };
  expect([...((await run(found.model, feeds))["grad/x"]!.data as Float32Array)]).toEqual([3, 3, 0, 0]);
});

/** y = x W / s with x quantised as it comes, as dynamic quantisation writes it. */
function dynamic(operator: string): ModelProto {
  return buildModel((g) => {
    g.input("x", "float32", [2, 3]);
    const [q, scale, zero] = g.ops("DynamicQuantizeLinear", ["x"], 3) as [string, string, string];
    const w = g.constant({ type: "int8", dims: [3, 2], data: Int8Array.of(4, 1, 2, 3, -1, 5) });
    const weight =
      operator === "ConvInteger" ? g.constant({ type: "int8", dims: [3, 2, 1], data: new Int8Array(6) }) : w;
    const whole = g.opAs("whole", operator, [operator === "ConvInteger" ? g.unsqueeze(q, [0]) : q, weight, zero]);
    g.opAs("y", "Mul", [g.cast(whole, "float32"), scale]);
    g.output("y");
  });
}

test("dynamic quantisation passes the gradient through products of matrices, and says where not", async () => {
  const found = await differentiate(engine, dynamic("MatMulInteger"), { of: "y", wrt: ["x"] });
  const feeds = { x: float32([2, 3], [0.5, -1, 1, 0.2, 0.1, 0]), "seed/y": float32([2, 2], [1, 0, 0, 1]) };
  const gradient = [...((await run(found.model, feeds))["grad/x"]!.data as Float32Array)];
  [4, 2, -1, 1, 3, 5].forEach((wanted, i) => expect(gradient[i]).toBeCloseTo(wanted, 5));
  await expect(differentiate(engine, dynamic("ConvInteger"), { of: "y", wrt: ["x"] })).rejects.toThrow(
    /ConvInteger "whole" has no gradient: it computes with integers/,
  );
});

test("gradients that are not finite are found with their node", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2]);
    g.opAs("n", "Mul", ["x", g.scalar(0)]);
    g.opAs("y", "Sqrt", ["n"]);
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  expect(await firstNotFiniteGradient(engine, found)).toMatch(/Div "grad\/y\/Div"/);
});

test("mistakes are named", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["n", "m"]);
    g.opAs("i", "Identity", [g.cast("x", "int64")]);
    g.opAs("d", "DFT", [g.unsqueeze("x", [2])]);
    g.opAs("y", "Add", ["x", g.scalar(1)]);
    g.output("y");
    g.output("i", "int64");
    g.output("d");
  });
  const shapes = { x: [2, 2] };
  const of = (options: { of: string; wrt: string[] }, given: Record<string, number[]> = shapes) =>
    differentiate(engine, model, { ...options, shapes: given });
  await expect(of({ of: "nothing", wrt: ["x"] })).rejects.toThrow('no tensor "nothing"');
  await expect(of({ of: "y", wrt: ["nothing"] })).rejects.toThrow('no tensor "nothing"');
  await expect(of({ of: "i", wrt: ["x"] })).rejects.toThrow('"i" holds int64');
  await expect(of({ of: "y", wrt: ["i"] })).rejects.toThrow('"i" holds int64');
  await expect(of({ of: "d", wrt: ["x"] })).rejects.toThrow('no gradient rule for DFT "d"');
  await expect(of({ of: "y", wrt: ["x"] }, {})).rejects.toThrow('leaves dimension 1 ("m") open');
  await expect(of({ of: "y", wrt: ["x"] }, { z: [1] })).rejects.toThrow('no input "z"');
});

test("an old dropout's mask keeps its type", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", [2, 3]);
    const [y, mask] = g.ops("Dropout", ["x"], 2, { ratio: { float: 0.5 } });
    g.opAs("y", "Mul", [y!, mask!]);
    g.output("y");
  }, 7);
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const session = await engine.load(serialiseModel(found.model));
  await session.release();
});

test("integer inputs get valid examples", async () => {
  const model = buildModel((g) => {
    g.input("ids", "int64", ["batch", "sequence"]);
    g.initialiser("table", randomTensor([10, 4], "table"));
    g.opAs("e", "Gather", ["table", "ids"]);
    g.opAs("y", "ReduceMean", ["e"], { axes: { ints: [1] }, keepdims: { int: 0 } });
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["table", "e"], shapes: { ids: [2, 5] } });
  const seed = float32([1, 4], [1, 1, 1, 1]);
  const result = await run(found.model, { ids: int64([1, 4], [3, 3, 0, 9]), "seed/y": seed });
  const byRow = Array.from({ length: 10 }, (_, i) => (result["grad/table"]!.data as Float32Array)[i * 4]);
  expect(byRow).toEqual([0.25, 0, 0, 0.5, 0, 0, 0, 0, 0, 0.25]);
});

/** Rows of x whose first element is positive, their squares averaged: how many there are, values decide. */
function picked(count: (g: GraphBuilder, wanted: string) => string): ModelProto {
  return buildModel((g) => {
    g.input("x", "float32", ["batch", 3]);
    const first = g.reshape(g.slice("x", [0], [1], [1]), [-1]);
    g.opAs("rows", "Identity", [count(g, g.op("Greater", [first, g.scalar(0)]))]);
    g.opAs("y", "ReduceMean", [g.op("Mul", ["rows", "rows"]), g.ints([0])], { keepdims: { int: 0 } });
    g.output("y");
    g.output("rows");
  }, 18);
}

test.each<[string, (g: GraphBuilder, wanted: string) => string]>([
  ["Compress", (g, wanted) => g.op("Compress", ["x", wanted], { axis: { int: 0 } })],
  ["NonZero", (g, wanted) => g.op("Gather", ["x", g.reshape(g.op("NonZero", [wanted]), [-1])])],
  [
    "Slice",
    (g, wanted) => {
      const count = g.op("ReduceSum", [g.cast(wanted, "int64")], { keepdims: { int: 1 } });
      return g.op("Slice", ["x", g.ints([0]), count, g.ints([0])]);
    },
  ],
])("a size that %s finds stays open, and is named", async (operator, count) => {
  const found = await differentiate(engine, picked(count), { of: "y", wrt: ["x", "rows"] });
  const sizes = operator === "Slice" ? [0, 1] : [operator === "NonZero" ? 1 : 0];
  expect(found.byValues.map(({ node, axis }) => [node.split(" ")[0], axis])).toEqual(
    sizes.map((axis) => [operator, axis]),
  );
  const { value } = found.model.graph!.output.find(({ name }) => name === "grad/rows")!.type!;
  expect(value.case === "tensorType" && value.value.shape!.dim[0]!.value.case).toBe("dimParam");
  for (const positive of [1, 2, 4]) {
    const x = randomTensor([4, 3], "x");
    for (let row = 0; row < 4; row++) x.data[3 * row] = row < positive ? 1 : -1;
    const result = await run(found.model, { x, "seed/y": float32([3], [1, 1, 1]) });
    expect(result["grad/rows"]!.dims).toEqual([positive, 3]);
    const expected = x.data.map((value, i) => (i < 3 * positive ? (2 * value) / positive : 0));
    (result["grad/x"]!.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  }
});

test("an If on sizes alone is decided, and gradients go through its branch", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3, 1]);
    g.initialiser("axes", int64([1], [2]));
    const condition = g.op("Equal", [g.op("Gather", [g.shape("x"), g.ints([2])]), g.ints([1])]);
    const node = makeNode("If", [condition], ["v"]);
    const branches = {
      then_branch: makeNode("Squeeze", ["x", "axes"], ["t"]),
      else_branch: makeNode("Neg", ["x"], ["e"]),
    };
    for (const [name, one] of Object.entries(branches)) {
      const body = create(GraphProtoSchema, { name, node: [one], output: [valueInfo(one.output[0]!, "float32")] });
      node.attribute.push(create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: body }));
    }
    g.model.graph!.node.push(node);
    g.opAs("y", "Mul", ["v", "v"]);
    g.output("y");
  });
  const found = await differentiate(engine, model, { of: "y", wrt: ["x"] });
  const x = randomTensor([2, 3, 1], "x");
  const result = await run(found.model, { x, "seed/y": float32([2, 3], [1, 1, 1, 1, 1, 1]) });
  expect(result["grad/x"]!.dims).toEqual([2, 3, 1]);
  x.data.forEach((value, i) => expect((result["grad/x"]!.data as Float32Array)[i]).toBeCloseTo(2 * value, 6));
});

test("float16 is refused by name", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3]);
    const half = g.op("Cast", ["x"], { to: { int: 10 } });
    g.opAs("y", "Cast", [g.opAs("h", "Relu", [half])], { to: { int: 1 } });
    g.output("y");
  });
  await expect(differentiate(engine, model, { of: "y", wrt: ["x"] })).rejects.toThrow(/Cast "y": "h" holds float16/);
});

test.each([
  ["bfloat16", 16],
  ["float8e4m3fn", 17],
  ["float8e5m2", 19],
  ["int4", 22],
])("%s is refused by name", async (type, to) => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 3]);
    g.opAs("small", "Cast", ["x"], { to: { int: to } });
    g.opAs("y", "Cast", [g.opAs("moved", "Transpose", ["small"], { perm: { ints: [0, 1] } })], { to: { int: 1 } });
    g.output("y");
  }, 21);
  await expect(differentiate(engine, model, { of: "y", wrt: ["x"] })).rejects.toThrow(
    `Cast "y": "moved" holds ${type}; gradients exist for float32 and float64`,
  );
});
