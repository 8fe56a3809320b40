/** @file What exporters write with the size of the batch: cut without that size crossing, bit for bit, at any number of rows. */
import { describe, expect, it } from "vitest";
import { int64 } from "../tensor/index.ts";
import { engine } from "../testing/engine.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { linear } from "../testing/networks.ts";
import {
  inspectModel,
  parseModel,
  proofFeeds,
  proveSegments,
  serialiseModel,
  splitSegments,
  type Inspection,
  type ModelProto,
} from "./index.ts";

const inspect = (model: ModelProto): Promise<Inspection> =>
  inspectModel(parseModel(serialiseModel(model)), engine, { any: true });

/** Cuts of one tensor, each proved with several rows and with one. */
async function provedCuts(model: ModelProto): Promise<{ cuts: string[]; found: Inspection }> {
  const found = await inspect(model);
  const cuts = found.cuts.map(({ tensors: [name] }) => name!);
  const whole = serialiseModel(found.given);
  const feeds = [...proofFeeds(found, "near").map((one) => one.feeds), found.feeds(5, "more")];
  for (const cut of cuts) {
    const parts = splitSegments(found, [[cut]]).models.map(serialiseModel);
    const { proof } = await proveSegments(engine, whole, parts, found.index.outputs, feeds);
    expect(proof, cut).toMatchObject({ exact: true, finite: true });
  }
  return { cuts, found };
}

/** [batch] as int64 [1], taken from `x` as exporters do. */
const rowsOf = (g: Parameters<Parameters<typeof buildModel>[0]>[0], x: string): string =>
  g.unsqueeze(g.op("Gather", [g.op("Shape", [x]), g.constant(int64([], [0]))]), [0]);

/** Tokens through two layers of attention whose heads are made by a Reshape to [batch, 5, 2, 4]. */
const encoder = (): ModelProto =>
  buildModel((g) => {
    g.input("x", "float32", ["batch", 5, 8]);
    const rows = rowsOf(g, "x");
    const heads = g.op("Concat", [rows, g.ints([5, 2, 4])], { axis: { int: 0 } });
    const all = g.op("Concat", [g.op("Mul", [rows, g.ints([5])]), g.ints([8])], { axis: { int: 0 } });
    const tokens = g.op("Concat", [rows, g.ints([-1, 8])], { axis: { int: 0 } });
    g.op("Gather", [g.shape("x"), g.constant(int64([], [2]))]);
    let x = "x";
    for (const layer of [0, 1]) {
      const part = (name: string): string => {
        const weights = g.initialiser(`${layer}.${name}`, randomTensor([8, 8], `${layer}.${name}`, -0.4, 0.4));
        return g.transpose(g.op("Reshape", [g.op("MatMul", [x, weights]), heads]), [0, 2, 1, 3]);
      };
      const scores = g.op("MatMul", [part("q"), g.transpose(part("k"), [0, 1, 3, 2])]);
      const mixed = g.op("MatMul", [g.op("Softmax", [scores], { axis: { int: -1 } }), part("v")]);
      const flat = g.op("Tanh", [g.op("Reshape", [g.transpose(mixed, [0, 2, 1, 3]), all])]);
      x = g.opAs(`layer${layer}`, "Add", [x, g.op("Reshape", [flat, tokens])]);
    }
    linear(g, g.op("Gather", [x, g.constant(int64([], [0]))], { axis: { int: 1 } }), "logits", 8, 3);
    g.output("logits", "float32", ["batch", 3]);
  });

describe("sizes of the batch", () => {
  it("that Reshapes are given become constants, and nothing of them crosses", async () => {
    const { cuts, found } = await provedCuts(encoder());
    expect(cuts).toEqual(expect.arrayContaining(["layer0", "layer1"]));
    const shapes = found.index.nodes.filter(({ opType }) => opType === "Shape");
    expect(shapes).toEqual([]);
    const stored = new Map(found.model.graph!.initializer.map(({ name, rawData }) => [name, rawData]));
    const dims = found.index.nodes.flatMap(({ opType, input }) =>
      opType === "Reshape" ? [[...new BigInt64Array(stored.get(input[1]!)!.slice().buffer)].map(Number)] : [],
    );
    // q, k and v; rows of all samples; and [batch, -1, 8], where only the batch can be copied.
    // Heads of q, k and v, the rows of all samples, and those of each again: [batch, -1, 8] has one size too many to find out.
    const layer = [
      [0, 5, 2, 4],
      [0, 5, 2, 4],
      [0, 5, 2, 4],
      [-1, 8],
      [-1, 5, 8],
    ];
    expect(dims).toEqual([...layer, ...layer]);
  });

  it("that make zeros for a recurrent layer, or a token for every row, are taken from the data beside them", async () => {
    const { cuts, found } = await provedCuts(
      buildModel((g) => {
        g.input("x", "float32", ["batch", 6, 4]);
        const rows = rowsOf(g, "x");
        g.opAs("hidden", "Tanh", ["x"]);
        const one = g.op("Concat", [rows, g.ints([1, 4])], { axis: { int: 0 } });
        g.initialiser("token", randomTensor([1, 1, 4], "token"));
        const joined = g.op("Concat", [g.op("Expand", ["token", one]), "hidden"], { axis: { int: 1 } });
        g.opAs("joined", "Tanh", [joined]);
        g.initialiser("w", randomTensor([1, 12, 4], "w", -0.5, 0.5));
        g.initialiser("r", randomTensor([1, 12, 3], "r", -0.5, 0.5));
        g.initialiser("b", randomTensor([1, 24], "b", -0.5, 0.5));
        const zeros = g.op("ConstantOfShape", [g.op("Concat", [g.ints([1]), rows, g.ints([3])], { axis: { int: 0 } })]);
        const states = g.transpose("joined", [1, 0, 2]);
        const [, last] = g.ops("LSTM", [states, "w", "r", "b", "", zeros, zeros], 3, { hidden_size: { int: 3 } });
        g.opAs("last", "Squeeze", [last!, g.ints([0])]);
        g.output("last", "float32", ["batch", 3]);
      }),
    );
    expect(cuts).toEqual(expect.arrayContaining(["hidden", "joined"]));
    // Each is made beside its reader from what that reads, not from the input.
    const sized = found.index.nodes.flatMap(({ opType, input }) => (opType === "Shape" ? [input[0]!] : []));
    expect(sized).toHaveLength(2);
    expect(sized).toContain("hidden");
    expect(sized).not.toContain("x");
    const crossing = found.model.graph!.node.flatMap(({ output }) => output);
    for (const name of crossing) if (found.index.producer.has(name)) expect(found.seen.has(name), name).toBe(true);
  });

  it("that are taken from what is read anyway stay as they are", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 6]);
      g.opAs("a", "Relu", ["x"]);
      g.opAs("y", "Add", ["a", g.op("ConstantOfShape", [g.shape("a")])]);
      g.output("y", "float32", ["batch", 6]);
    });
    const { cuts, found } = await provedCuts(model);
    expect(cuts).toEqual(["a"]);
    expect(found.model.graph!.node.map(({ opType }) => opType)).toEqual(["Relu", "Shape", "ConstantOfShape", "Add"]);
  });

  it("that numbers decide are left where they are", async () => {
    const model = buildModel((g) => {
      g.input("x", "float32", ["batch", 4]);
      g.opAs("a", "Relu", ["x"]);
      const found = g.op("NonZero", ["a"]);
      const count = g.op("Gather", [g.op("Shape", [found]), g.ints([1])]);
      g.opAs("y", "Add", ["a", g.cast(g.op("ReduceMax", [g.op("ConstantOfShape", [count])]), "float32")]);
      g.output("y", "float32", ["batch", 4]);
    });
    const { cuts } = await provedCuts(model);
    expect(cuts).toEqual(["a"]);
  });
});
