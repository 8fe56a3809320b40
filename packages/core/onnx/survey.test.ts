/** @file Surveys of models as people have them: batches anywhere or nowhere, sizes, types and names of every kind. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { engine } from "@split-et-impera/ort";
import { tryHere, type Engine } from "../engine/index.ts";
import { InputError } from "../errors/index.ts";
import { float32, int64, sizeOf, tensor, type Tensor } from "../tensor/index.ts";
import { buildModel } from "../testing/models.ts";
import { conv, linear } from "../testing/networks.ts";
import {
  AttributeType,
  imageBytes,
  imageShape,
  inspectModel,
  makeNode,
  modelCost,
  parseModel,
  proofFeeds,
  proveSegments,
  roundedChains,
  serialiseModel,
  severalCuts,
  singleCuts,
  splitSegments,
  surveyModel,
  type GraphBuilder,
  type ModelProto,
  type Survey,
} from "./index.ts";

const survey = (model: ModelProto): Promise<Survey> => surveyModel(parseModel(serialiseModel(model)), engine);
const names = (found: Survey): string[] => singleCuts(found).map(({ tensors: [name] }) => name!);

/** Proves a cut as it is proved everywhere. */
async function prove(found: Survey, ...cuts: string[][]) {
  const { models } = splitSegments(found, cuts);
  const { proof } = await proveSegments(
    engine,
    serialiseModel(found.given),
    models.map(serialiseModel),
    found.index.outputs,
    proofFeeds(found, "test").map(({ feeds }) => feeds),
    roundedChains(found, models),
  );
  return proof;
}

/** x -> two convolutions with activations, as `r1` and `r2`. */
function trunk(g: GraphBuilder, x: string): void {
  g.opAs("r1", "Relu", [conv(g, x, "c1", 1, 4)]);
  g.opAs("r2", "Relu", [conv(g, "r1", "c2", 4, 4)]);
}
const pooled = (g: GraphBuilder): string => g.opAs("f", "Flatten", [g.opAs("gap", "GlobalAveragePool", ["r2"])]);

describe("the batch", () => {
  it("is a leading dimension that is free or 1, or that an output has too", async () => {
    const model = buildModel((g) => {
      g.input("image", "float32", [1, 8, 8]);
      trunk(g, g.unsqueeze("image", [0]));
      linear(g, pooled(g), "y", 4, 3);
      g.output("y");
    });
    const three = buildModel((g) => {
      g.input("image", "float32", [3, 8, 8]);
      g.opAs("r", "Relu", ["image"]);
      g.opAs("y", "ReduceMean", ["r"], { axes: { ints: [0, 1, 2] }, keepdims: { int: 0 } });
      g.output("y");
    });
    expect(names(await survey(model))).toContain("r1");
    const found = await survey(three);
    expect(names(found)).toEqual(["r"]);
    expect([found.rows, imageShape(found, "r"), imageBytes(found, "r")]).toEqual([1, [3, 8, 8], 4 * 3 * 64]);
    expect(await prove(found, ["r"])).toMatchObject({ exact: true });
    const alone = await inspectModel(three, engine);
    expect([alone.unbatched, alone.input.shape, alone.output.shape, alone.rows]).toEqual([true, [3, 8, 8], [], 1]);
    const eight = buildModel((g) => {
      g.input("x", "float32", [8, 4]);
      g.opAs("y", "Tanh", [g.opAs("r", "Relu", ["x"])]);
      g.output("y");
    });
    expect([(await survey(eight)).rows, imageBytes(await survey(eight), "r")]).toEqual([8, 16]);
    await expect(inspectModel(eight, engine)).rejects.toThrow(/fixed batch of 8/);
  });

  it("may lie anywhere in a tensor; sizes shown are never those of the trial", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 1, 8, 8]);
      trunk(g, "x");
      g.opAs("ft", "Transpose", [pooled(g)], { perm: { ints: [1, 0] } });
      g.opAs("y", "Transpose", [g.opAs("r3", "Relu", ["ft"])], { perm: { ints: [1, 0] } });
      g.output("y");
    });
    const found = await survey(model);
    expect([imageShape(found, "ft"), imageBytes(found, "ft")]).toEqual([[4], 16]);
    expect(found.declared.get("ft")!.dims).toEqual([4, "N"]);
    expect(await prove(found, ["ft"])).toMatchObject({ exact: true });
  });

  it("is one where rows do not come back, also when a graph only says that it is free", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 1, 8, 8]);
      trunk(g, "x");
      g.opAs("y", "Reshape", [pooled(g), g.ints([1, -1])]);
      g.output("y");
    });
    const found = await survey(model);
    expect([found.batch, found.rows, imageShape(found, "y")]).toEqual([undefined, 1, [4]]);
    expect((await inspectModel(model, engine)).output.shape).toEqual([4]);
  });

  it("goes on to be any where one row makes a tensor of another rank", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 1, 8, 8]);
      trunk(g, "x");
      g.opAs("gap", "GlobalAveragePool", ["r2"]);
      g.opAs("s", "Squeeze", ["gap"]);
      g.initialiser(
        "w",
        float32(
          [4, 3],
          Float32Array.from({ length: 12 }, (_, i) => i - 5),
        ),
      );
      g.opAs("y", "MatMul", ["s", "w"]);
      g.output("y");
    });
    const found = await survey(model);
    expect(imageShape(found, "s")).toEqual([4]);
    // Four rows, and one: what a camera sends.
    expect(proofFeeds(found, "test").map(({ rows }) => rows)).toEqual([4, 1]);
    expect(await prove(found, ["s"])).toMatchObject({ exact: true });
  });

  it("is the leading dimension of what is read", async () => {
    const model = buildModel((g) => {
      g.input("is_training", "bool", []);
      g.input("x", "float32", ["N", 1, 8, 8]);
      trunk(g, "x");
      linear(g, pooled(g), "y", 4, 3);
      g.output("y");
    });
    const found = await survey(model);
    expect(found.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(found.batch?.symbol).toBe("N");
    expect((await inspectModel(model, engine)).input.name).toBe("x");
    expect(await prove(found, ["r1"])).toMatchObject({ exact: true });
  });
});

describe("sizes", () => {
  /** A map as large as the image again. */
  const segmenter = (height: number | string, width: number | string): ModelProto =>
    buildModel((g) => {
      g.input("image", "float32", ["batch", 1, height, width]);
      trunk(g, "image");
      g.opAs("small", "MaxPool", ["r2"], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
      const own = g.slice(g.shape("small"), [0], [2], [0]);
      const size = g.op("Concat", [own, g.opAs("hw", "Identity", [g.sizes("image", [2, 3])])], { axis: { int: 0 } });
      g.opAs("map", "Resize", ["small", "", "", size], { mode: { string: "nearest" } });
      g.output("map");
    });

  it("that are fixed are constant in every segment", async () => {
    const found = await survey(segmenter(8, 8));
    expect(names(found)).toEqual(["c1", "r1", "c2", "r2", "small"]);
    for (const name of names(found)) expect(await prove(found, [name]), name).toMatchObject({ exact: true });
  });

  it("that are open cross themselves, not the image", async () => {
    const found = await surveyModel(segmenter("height", "width"), engine, { shape: [1, 8, 6] });
    expect(names(found)).toEqual([]);
    const several = severalCuts(found);
    expect(several.length).toBeGreaterThan(0);
    for (const { tensors } of several) expect(tensors).not.toContain("image");
    const best = several.find(({ tensors }) => tensors.includes("small"))!;
    expect(best.bytes).toBe(4 * 4 * 4 * 3 + 16);
    expect(await prove(found, best.tensors)).toMatchObject({ exact: true });
  });

  it("decide an If", async () => {
    const branch = (output: string, op: string): ReturnType<typeof create<typeof GraphProtoSchema>> =>
      create(GraphProtoSchema, {
        name: output,
        node: [makeNode(op, ["u", ...(op === "Squeeze" ? ["axes"] : [])], [output])],
        output: [{ name: output }],
      });
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 1, 8, 8]);
      trunk(g, "x");
      g.opAs("u", "GlobalAveragePool", ["r2"]);
      g.initialiser("axes", int64([1], [3]));
      const condition = g.op("Equal", [g.op("Gather", [g.shape("u"), g.ints([3])]), g.ints([1])]);
      const node = makeNode("If", [condition], ["v"]);
      for (const [name, g] of Object.entries({
        then_branch: branch("t", "Squeeze"),
        else_branch: branch("e", "Identity"),
      }))
        node.attribute.push(create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g }));
      g.model.graph!.node.push(node);
      linear(g, g.opAs("f", "Flatten", ["v"]), "y", 4, 3);
      g.output("y");
    });
    const found = await survey(model);
    expect(found.index.nodes.map(({ opType }) => opType)).not.toContain("If");
    expect(names(found)).toEqual(expect.arrayContaining(["u", "t", "v"]));
    expect(await prove(found, ["t"])).toMatchObject({ exact: true });
  });

  it("that depend on values stay open", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 4]);
      g.opAs("where", "NonZero", ["x"]);
      g.opAs("rows", "Cast", ["where"], { to: { int: 1 } });
      g.opAs("y", "Neg", ["rows"]);
      g.output("y");
    });
    const found = await survey(model);
    expect(found.declared.get("rows")!.dims).toEqual(["rows_0", "rows_1"]);
    expect(await prove(found, ["rows"])).toMatchObject({ exact: true });
  });

  it("are seen one run at a time, and part by part, where all of them take too much memory", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 1, "height", 64]);
      trunk(g, "x");
      linear(g, pooled(g), "y", 4, 3);
      g.output("y");
    });
    const size = { shape: [1, 32, 64] };
    const usual = await surveyModel(model, engine, size);
    const elements = (name: string): number => sizeOf(usual.one.get(name)!.dims);
    const { output, node } = usual.given.graph!;
    const all = [...output.map(({ name }) => name), ...node.flatMap((one) => one.output)];
    const row = [...new Set(all)].reduce((sum, name) => sum + elements(name), 0);
    for (const room of [3 * row, row]) {
      const found = await surveyModel(model, within(room, elements), size);
      expect(found.declared).toEqual(usual.declared);
      expect(new Map(found.seen)).toEqual(usual.seen);
    }
    // With no room for a whole row no other size is tried, and every size may follow the one that is open.
    const tight = await surveyModel(model, within(row - 1, elements), size);
    expect(tight.declared.get("r1")!.dims).toEqual(["batch", "r1_1", "height", "r1_3"]);
    await expect(surveyModel(model, within(0, elements), size)).rejects.toThrow(/tensors of/);
  });

  it("are looked at in parts of as many elements, and refused after the largest part", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 8]);
      let x = "x";
      for (let i = 0; i < 24; i++) x = g.opAs(`small${i}`, "Neg", [x]);
      for (let i = 0; i < 8; i++) x = g.opAs(`large${i}`, "Concat", i === 0 ? Array<string>(64).fill(x) : [x], axis1);
      g.opAs("y", "ReduceMax", [x]);
      g.output("y");
    });
    // Eight tensors of 512 elements and small ones: an eighth of them all has one of the large ones.
    const runs: Run[] = [];
    const found = await surveyModel(model, within(1000, elementsOf, runs));
    expect([...found.seen]).toEqual(expect.arrayContaining([...(await surveyModel(model, engine)).one]));
    runs.length = 0;
    await expect(surveyModel(model, within(400, elementsOf, runs))).rejects.toThrow(/tensors of 1 rows/);
    // Two rows and other sizes, one row, the sizes of its tensors, its largest part.
    expect(runs.map(({ rows }) => rows)).toEqual([expect.any(Number), 1, 1, 1]);
    expect(runs.map(({ tensors }) => tensors)).toEqual([33, 33, 0, expect.any(Number)]);
  });

  it("may be called anything", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", "constructor"]);
      g.opAs("y", "Tanh", [g.opAs("r", "Relu", ["x"])]);
      g.output("y");
    });
    expect((await survey(model)).declared.get("r")!.dims).toEqual(["batch", "constructor"]);
  });
});

describe("what cannot be looked at is passed over and named", () => {
  it("sequences", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 4]);
      g.opAs("r", "Relu", ["x"]);
      g.opAs("seq", "SplitToSequence", ["r", g.ints([2, 2])], { axis: { int: 1 } });
      g.opAs("c", "ConcatFromSequence", ["seq"], { axis: { int: 1 } });
      g.opAs("y", "Tanh", ["c"]);
      g.output("y");
    });
    const found = await survey(model);
    expect(names(found)).toEqual(["r", "c"]);
    expect(imageShape(found, "c")).toEqual([4]);
    expect(() => splitSegments(found, [["seq"]])).toThrow(/"seq" is a sequence and cannot cross/);
  });

  it.each([
    ["bfloat16", 16],
    ["float8e4m3fn", 17],
    ["float8e4m3fnuz", 18],
    ["float8e5m2", 19],
    ["float8e5m2fnuz", 20],
    ["uint4", 21],
    ["int4", 22],
  ])("%s", async (type, to) => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 4]);
      g.opAs("r", "Relu", ["x"]);
      g.opAs("b", "Cast", ["r"], { to: { int: to } });
      g.opAs("t", "Transpose", ["b"], { perm: { ints: [0, 1] } });
      g.opAs("s", "Cast", ["t"], { to: { int: 1 } });
      g.opAs("y", "Tanh", ["s"]);
      g.output("y");
    }, 21);
    const found = await survey(model);
    expect(names(found)).toEqual(["r", "s"]);
    for (const name of ["r", "s"]) expect(await prove(found, [name])).toMatchObject({ exact: true });
    for (const name of ["b", "t"])
      expect(() => splitSegments(found, [[name]])).toThrow(`"${name}" is ${type} and cannot cross`);
  });

  it("weights of float8 are copied as they are", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["N", 4]);
      g.opAs("r", "Relu", ["x"]);
      g.initialiser("w", { type: "uint8", dims: [4, 2], data: Uint8Array.from({ length: 8 }, (_, i) => 0x30 + 3 * i) });
      g.opAs("m", "MatMul", ["r", g.opAs("d", "DequantizeLinear", ["w", g.scalar(0.5)])]);
      g.opAs("y", "Tanh", ["m"]);
      g.output("y");
    }, 21);
    Object.assign(model.graph!.initializer[0]!, { dataType: 17 });
    const found = await survey(model);
    expect(names(found)).toEqual(["r", "m"]);
    for (const name of ["r", "m"]) expect(await prove(found, [name])).toMatchObject({ exact: true });
    const [, tail] = splitSegments(found, [["r"]]).models;
    expect(tail!.graph!.initializer.find(({ name }) => name === "w")!.dataType).toBe(17);
  });
});

it("float16 goes in, through and across", async () => {
  const half = (length: number): Tensor => ({
    type: "float16",
    dims: [length],
    data: Uint16Array.from({ length }, (_, i) => 0x3800 + 64 * i),
  });
  const model = buildModel((g) => {
    g.input("x", "float16", ["N", 4]);
    g.initialiser("w", half(4));
    g.opAs("m", "Mul", ["x", "w"]);
    g.opAs("r", "Relu", ["m"]);
    g.opAs("y", "Add", ["r", "w"]);
    g.output("y", "float16");
  });
  const found = await survey(model);
  expect(names(found)).toEqual(["m", "r"]);
  for (const name of names(found)) expect(await prove(found, [name])).toMatchObject({ exact: true });
});

it("a tensor called __proto__ is one as any other", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", ["N", 4]);
    g.opAs("__proto__", "Relu", ["x"]);
    g.opAs("y", "Tanh", ["__proto__"]);
    g.output("y");
  });
  const found = await survey(model);
  expect(names(found)).toHaveLength(1);
  expect(await prove(found, names(found))).toMatchObject({ exact: true });
});

describe("troubles", () => {
  const troubles = async (fill: (g: GraphBuilder) => void, opset?: number) =>
    (await survey(buildModel(fill, opset))).troubles.map(({ kind, node }) => `${kind} ${node}`);
  const input = (g: GraphBuilder): void => {
    g.input("x", "float32", ["N", 4]);
    g.opAs("r", "Relu", ["x"]);
  };

  it("none", async () => {
    const fill = (g: GraphBuilder): void => {
      input(g);
      g.opAs("y", "Softmax", ["r"], { axis: { int: 1 } });
      g.output("y");
    };
    expect(await troubles(fill)).toEqual([]);
  });

  it("noise", async () => {
    const fill = (g: GraphBuilder): void => {
      input(g);
      g.initialiser("on", tensor("bool", [], Uint8Array.of(1)));
      g.opAs("y", "Dropout", ["r", g.scalar(0.5), "on"]);
      g.output("y");
    };
    expect(await troubles(fill)).toEqual(['noise Dropout "y"']);
  });

  it("rows that influence each other", async () => {
    const centred = (g: GraphBuilder): void => {
      input(g);
      g.opAs("y", "Sub", ["r", g.reduceMean("r", [0], true)]);
      g.output("y");
    };
    expect(await troubles(centred)).toEqual(['mixing Sub "y"']);
    const training = (g: GraphBuilder): void => {
      input(g);
      const four = (value: number): string => g.constant(float32([4], [value, value, value, value]));
      g.ops("BatchNormalization", ["r", four(1), four(0), four(0), four(1)], 3, { training_mode: { int: 1 } });
      g.opAs("y", "Neg", [g.model.graph!.node.at(-1)!.output[0]!]);
      g.output("y");
    };
    expect((await troubles(training))[0]).toMatch(/^mixing BatchNormalization/);
  });

  it("answers that are no numbers", async () => {
    const fill = (g: GraphBuilder): void => {
      input(g);
      g.opAs("y", "Log", [g.op("Sub", [g.op("Neg", ["r"]), g.scalar(1)])]);
      g.output("y");
    };
    expect(await troubles(fill)).toEqual(['not-finite Log "y"']);
    const found = await survey(buildModel(fill));
    expect(await prove(found, ["r"])).toMatchObject({ exact: true, finite: false });
  });
});

describe("costs", () => {
  const cost = async (fill: (g: GraphBuilder) => void) => modelCost(await survey(buildModel(fill)));
  const weight = (g: GraphBuilder, name: string, dims: number[]): string =>
    g.initialiser(
      name,
      float32(
        dims,
        Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => (i % 7) / 9),
      ),
    );

  it("of recurrent layers: both products at every step", async () => {
    const lstm = (g: GraphBuilder): void => {
      g.input("x", "float32", [5, "N", 3]);
      g.ops("LSTM", ["x", weight(g, "W", [1, 8, 3]), weight(g, "R", [1, 8, 2])], 1, { hidden_size: { int: 2 } });
      g.opAs("y", "Neg", [g.model.graph!.node.at(-1)!.output[0]!]);
      g.output("y");
    };
    expect(await cost(lstm)).toEqual({ parameters: 8 * 5, macs: 5 * 8 * (3 + 2) });
  });

  it("of attention: scores, and their product with the values", async () => {
    const attention = (g: GraphBuilder): void => {
      for (const [name, length] of [
        ["q", 3],
        ["k", 5],
        ["v", 5],
      ] as const)
        g.input(name, "float32", ["N", 2, length, 4]);
      g.opAs("r", "Relu", ["q"]);
      g.opAs("y", "Attention", ["r", "k", "v"]);
      g.output("y");
    };
    // 2 heads, 3 queries, 5 keys, products of 4 and with 4.
    expect(modelCost(await survey(buildModel(attention, 23)))).toEqual({ parameters: 0, macs: 2 * 3 * 5 * (4 + 4) });
  });

  it("of Einsum: a product for every combination of letters", async () => {
    const einsum = (g: GraphBuilder): void => {
      g.input("x", "float32", ["N", 6, 4]);
      g.opAs("y", "Einsum", ["x", weight(g, "w", [4, 5])], { equation: { string: "bij,jk->bik" } });
      g.output("y");
    };
    expect(await cost(einsum)).toEqual({ parameters: 20, macs: 6 * 4 * 5 });
  });
});

const axis1 = { axis: { int: 1 } };

interface Run {
  rows: number;
  tensors: number;
}

/** Elements of the tensors of a row of the test above. */
const elementsOf = (name: string): number => (name.startsWith("large") ? 512 : 8);

/** An engine with room for so many elements of tensors; of those whose shapes alone are wanted it needs none. */
function within(room: number, of: (name: string) => number, runs: Run[] = []): Engine {
  return {
    ...engine,
    load: (...given) => engine.load(...given),
    tryApart: async (job) => {
      const tensors = parseModel(job.model as Uint8Array).graph!.output.filter(
        ({ name }) => !name.startsWith("shape of"),
      );
      const rows = job.runs.reduce((sum, { feeds }) => sum + feeds["x"]!.dims[0]!, 0);
      runs.push({ rows, tensors: tensors.length });
      if (rows * tensors.reduce((sum, { name }) => sum + of(name), 0) > room)
        throw new InputError("ERR_MODEL_MEMORY", `${tensors.length} tensors of ${rows} rows`);
      return tryHere(engine, job);
    },
  };
}
