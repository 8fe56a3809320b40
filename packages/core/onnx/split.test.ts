/** @file Head and tail: equal to the model on every legal cut, bit for bit, and complete models of their own. */
import { create } from "@bufbuild/protobuf";
import { AttributeProtoSchema, GraphProtoSchema, StringStringEntryProtoSchema } from "onnx-buf";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { float32, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { residualNetwork } from "../testing/networks.ts";
import {
  AttributeType,
  extractModel,
  inspectModel,
  makeNode,
  parseModel,
  proveSegments,
  randomInput,
  serialiseModel,
  headAndTail,
  valueInfo,
  type ModelProto,
} from "./index.ts";

/** Splits at every legal cut and proves each; gives the cuts. */
async function proveAll(model: ModelProto): Promise<string[]> {
  const inspection = await inspectModel(model, engine);
  const rows = inspection.batch ? 3 : 1;
  const feeds = [rows, 1].map((count) => ({
    [inspection.input.name]: randomInput([count, ...inspection.input.shape], "proof"),
  }));
  const whole = serialiseModel(model);
  const cuts = inspection.cuts.map(({ tensors: [name] }) => name!);
  for (const cut of cuts) {
    const split = headAndTail(inspection, cut);
    const parts = [split.head, split.tail].map(serialiseModel);
    const { proof } = await proveSegments(engine, whole, parts, inspection.index.outputs, feeds);
    expect(proof, cut).toMatchObject({ exact: true, finite: true });
    expect(proof.largestDifference).toBeLessThanOrEqual(1e-4 * proof.largestOutput);
    // What is written can be read again, checks included.
    for (const part of [split.head, split.tail]) parseModel(serialiseModel(part));
  }
  return cuts;
}

describe("head and tail", () => {
  it("equal a residual network at every legal cut", async () => {
    expect(await proveAll(residualNetwork())).toHaveLength(6);
  });

  it("equal a model with a fixed batch of 1", async () => {
    expect(await proveAll(residualNetwork({ batch: 1 }))).toHaveLength(6);
  });

  it("equal an old model whose initialisers are inputs too", async () => {
    const model = residualNetwork({ opset: 9 });
    model.irVersion = 3n;
    for (const { name, dims } of model.graph!.initializer)
      model.graph!.input.push(valueInfo(name, "float32", dims.map(Number)));
    await proveAll(model);
    const { head, tail } = headAndTail(await inspectModel(model, engine), "sum");
    // IR 3 would ask for every initialiser among the inputs.
    expect([head, tail].map(({ irVersion, graph }) => [irVersion, graph!.input.length])).toEqual([
      [4n, 1],
      [4n, 1],
    ]);
  });

  it("keep metadata, share initialisers, declare what crosses", async () => {
    const model = residualNetwork();
    model.metadataProps = [create(StringStringEntryProtoSchema, { key: "classes", value: "a,b" })];
    model.docString = "a network";
    const { head, tail } = headAndTail(await inspectModel(model, engine), "sum");
    for (const part of [head, tail]) {
      expect(part).toMatchObject({ producerName: "test", docString: "a network" });
      expect(part.metadataProps.map(({ key, value }) => [key, value])).toEqual([["classes", "a,b"]]);
      expect(part.opsetImport.map(({ version }) => version)).toEqual([17n]);
    }
    expect(head.graph!.initializer.map(({ name }) => name)).toEqual([
      "stem.weight",
      "stem.bias",
      "conv2.weight",
      "conv2.bias",
      "conv3.weight",
      "conv3.bias",
    ]);
    expect(tail.graph!.initializer.map(({ name }) => name)).toEqual(["logits.weight", "logits.bias"]);
    expect(head.graph!.initializer[0]).toBe(model.graph!.initializer[0]);
    for (const info of [head.graph!.output[0]!, tail.graph!.input[0]!]) {
      const type = info.type!.value;
      const shape = type.case === "tensorType" ? type.value.shape!.dim.map(({ value }) => value.value) : [];
      expect([info.name, ...shape]).toEqual(["sum", "batch", 8n, 8n, 8n]);
    }
  });

  it("both get an initialiser that both read", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.initialiser("w", float32([4], [1, -2, 3, -4]));
      g.opAs("a", "Mul", ["x", "w"]);
      g.opAs("y", "Add", ["a", "w"]);
      g.output("y");
    });
    const { head, tail } = headAndTail(await inspectModel(model, engine), "a");
    for (const part of [head, tail]) expect(part.graph!.initializer.map(({ name }) => name)).toEqual(["w"]);
    await proveAll(model);
  });

  it("carry bodies whose outer tensor crosses the cut", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Relu", ["x"]);
      g.initialiser("outer", float32([1], [3]));
      const condition = g.op("Greater", [g.reduceSum("a", [0, 1], false), g.scalar(0)]);
      const branch = (output: string, op: string) =>
        create(GraphProtoSchema, {
          name: output,
          node: [makeNode(op, ["a", "outer"], [output])],
          output: [valueInfo(output, "float32")],
        });
      const node = makeNode("If", [condition], ["d"]);
      node.attribute.push(
        create(AttributeProtoSchema, { name: "then_branch", type: AttributeType.GRAPH, g: branch("t", "Mul") }),
        create(AttributeProtoSchema, { name: "else_branch", type: AttributeType.GRAPH, g: branch("e", "Add") }),
      );
      g.model.graph!.node.push(node);
      g.opAs("y", "Tanh", ["d"]);
      g.output("y");
    });
    expect(await proveAll(model)).toEqual(["a", "d"]);
  });

  it("are refused where a path goes around the tensor, and where there is no such tensor", async () => {
    const inspection = await inspectModel(residualNetwork(), engine);
    expect(() => headAndTail(inspection, "relu2")).toThrow(/"relu2" alone does not separate/);
    expect(() => headAndTail(inspection, "image")).toThrow(/an input or a constant/);
    expect(() => headAndTail(inspection, "stem.weight")).toThrow(/"stem.weight" is a constant/);
    expect(() => headAndTail(inspection, "ghost")).toThrow(/no tensor "ghost"/);
    const around = [valueInfo("relu2", "float32")];
    expect(() => extractModel(inspection.model, around, inspection.model.graph!.output)).toThrow(/also needs "image"/);
  });

  it("a proof notices a tail that is not the model's", async () => {
    const model = residualNetwork();
    const inspection = await inspectModel(model, engine);
    const { head } = headAndTail(inspection, "pool");
    const other = buildModel((g) => {
      g.input("pool", "float32", ["batch", 8, 4, 4]);
      g.initialiser("w", randomTensor([128, 4], "other"));
      g.opAs("logits", "MatMul", [g.op("Flatten", ["pool"]), "w"]);
      g.output("logits");
    });
    const feeds = { image: randomInput([2, 3, 8, 8], "proof") };
    const parts = [head, other].map(serialiseModel);
    const { proof } = await proveSegments(engine, serialiseModel(model), parts, ["logits"], [feeds]);
    expect(proof).toMatchObject({ exact: false });
  });

  it("costs add up on both sides of every cut", async () => {
    const { parameters, macs, cuts } = await inspectModel(residualNetwork(), engine);
    for (const cut of cuts) {
      expect(cut.parameters + cut.parametersTail).toBe(parameters);
      expect(cut.macsHead + cut.macsTail).toBe(macs);
    }
    // stem 3x8 and two 8x8 kernels of 3x3 with biases; 128 x 4 and 4.
    expect(parameters).toBe(3 * 8 * 9 + 8 + 2 * (8 * 8 * 9 + 8) + 128 * 4 + 4);
    expect(macs).toBe(64 * 9 * 8 * (3 + 8 + 8) + 128 * 4);
  });
});

const shared = new URL("../../../../shared/models/", import.meta.url);

describe.each(["vgg16-cifar10.onnx", "resnet20-cifar10.onnx", "light/squeezenet.onnx"])("%s", (name) => {
  let bytes: Uint8Array | undefined;
  try {
    bytes = readFileSync(new URL(name, shared));
  } catch {
    console.info(`split.test: ${name} is absent; its cuts are not tested`);
  }
  it.skipIf(!bytes)("equals tail(head(x)) bit for bit at every legal cut", async () => {
    const inspection = await inspectModel(parseModel(bytes!), engine);
    const { input, output } = inspection;
    const x = randomInput([inspection.batch ? 2 : 1, ...input.shape], "proof");
    const run = async (model: ModelProto, feeds: Tensors): Promise<Tensors> => {
      const session = await engine.load(serialiseModel(model), { optimisation: "none" });
      const found = await session.run(feeds);
      await session.release();
      return found;
    };
    const whole = await run(inspection.model, { [input.name]: x });
    // Of the large pictures of the old model, a few cuts are enough.
    const cuts = inspection.cuts.filter((_, i) => !name.startsWith("light") || i % 8 === 0);
    expect(cuts.length).toBeGreaterThan(4);
    for (const { tensors } of cuts) {
      const { head, tail } = headAndTail(inspection, tensors[0]!);
      const parts = await run(tail, await run(head, { [input.name]: x }));
      expect(parts[output.name], tensors[0]).toEqual(whole[output.name]);
    }
  });
});
