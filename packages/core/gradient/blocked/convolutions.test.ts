/** @file Blocked convolutions against the same convolutions as written. */
import { describe, expect, it } from "vitest";
import { engine } from "../../testing/engine.ts";
import {
  copyModel,
  observe,
  serialiseModel,
  type AttributeValue,
  type GraphBuilder,
  type ModelProto,
} from "../../onnx/index.ts";
import { float32, type Tensors } from "../../tensor/index.ts";
import { randomTensor } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";
import { blockConvolutions } from "./convolutions.ts";
import { findChannelBlock } from "../../../ort/channel-block.ts";

const block = await findChannelBlock(engine);

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

/** The feeds of two rows show the shapes; the blocked model then runs on others: five, or those that it is made for. */
async function compare(
  changing: string[],
  weights: Tensors,
  make: (g: GraphBuilder) => void,
  rows?: number,
  plane: [number, number] = [6, 5],
): Promise<{ operators: string[] }> {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 32, ...plane]);
    for (const [name, { dims }] of Object.entries(weights)) g.input(name, "float32", dims);
    make(g);
  });
  // Nodes may stand in any order.
  model.graph!.node.reverse();
  const seen = await observe(model, engine, { x: randomTensor([2, 32, ...plane], "x"), ...weights });
  const blocked = copyModel(model);
  blockConvolutions(blocked, seen, new Set(changing), block, rows);
  const feeds = { x: randomTensor([rows ?? 5, 32, ...plane], "x"), ...weights };
  const [expected, found] = [await run(model, feeds), await run(blocked, feeds)];
  for (const [name, { dims, data }] of Object.entries(expected)) {
    expect(found[name]!.dims).toEqual(dims);
    const other = found[name]!.data as Float32Array;
    const values = Array.from(data as Float32Array);
    const gaps = values.map((value, i) => Math.abs(value - other[i]!));
    expect(Math.max(...gaps) / Math.max(...values)).toBeLessThan(3e-6);
  }
  return { operators: blocked.graph!.node.filter(({ domain }) => domain !== "").map(({ opType }) => opType) };
}

const same = { pads: { ints: [1, 1, 1, 1] } };

describe.skipIf(block === 1)("blocked convolutions (skipped where the engine has none)", () => {
  const weights = {
    v: randomTensor([32, 32, 3, 3], "v"),
    w: randomTensor([16, 32, 3, 3], "w"),
    b: randomTensor([32], "b"),
  };

  it("equal plain ones, with bias, ReLU, strides and the layout kept between them", async () => {
    const { operators } = await compare(["v", "w", "b"], weights, (g) => {
      const y = g.op("Relu", [g.op("Conv", ["x", "v", "b"], same)]);
      g.opAs("z", "Conv", [y, "w"], { ...same, strides: { ints: [2, 1] } });
      g.output("z");
    });
    expect(operators).toEqual(["ReorderInput", "Conv", "Conv", "ReorderOutput"]);
  });

  it("keep a convolution's own result where something besides its ReLU reads it", async () => {
    const { operators } = await compare(["v"], weights, (g) => {
      const y = g.op("Conv", ["x", "v"], same);
      g.opAs("z", "Add", [y, g.op("Relu", [y])]);
      g.output("z");
    });
    expect(operators).toEqual(["ReorderInput", "Conv", "ReorderOutput"]);
  });

  it("give the channels-last form at once", async () => {
    const { operators } = await compare(["v"], weights, (g) => {
      const y = g.op("Conv", ["x", "v"], same);
      g.opAs("last", "Transpose", [y], { perm: { ints: [0, 2, 3, 1] } });
      g.output("last");
    });
    expect(operators).toEqual(["ReorderInput", "Conv", "ReorderOutput"]);
  });

  it("are weights made of weights too, but never kernels made of data", async () => {
    const { operators } = await compare(["v", "w"], weights, (g) => {
      g.opAs("z", "Conv", ["x", g.transpose("w", [0, 1, 3, 2])], same);
      const kernel = g.op("Add", ["v", g.reduceMean("x", [0, 1, 2, 3], false)]);
      g.opAs("of data", "Conv", ["x", kernel], same);
      g.output("z");
      g.output("of data");
    });
    expect(operators).toEqual(["ReorderInput", "Conv", "ReorderOutput"]);
  });

  it("leave constant weights, groups, channels that fill no block and few positions alone", async () => {
    const { operators } = await compare(
      ["w", "g", "o"],
      { ...weights, g: randomTensor([32, 16, 3, 3], "g"), o: randomTensor([3, 32, 1, 1], "o") },
      (g) => {
        g.opAs("constant", "Conv", ["x", "v"], same);
        g.opAs("groups", "Conv", ["x", "g"], { group: { int: 2 } });
        g.opAs("odd", "Conv", ["x", "o"]);
        const few = g.op("MaxPool", ["x"], { kernel_shape: { ints: [3, 3] }, strides: { ints: [3, 3] } });
        g.opAs("few", "Conv", [few, "w"], same);
        for (const name of ["constant", "groups", "odd", "few"]) g.output(name);
      },
    );
    expect(operators).toEqual([]);
  });

  const pool = { kernel_shape: { ints: [3, 1] }, strides: { ints: [3, 1] } };

  it("keep pointwise operators, shapes and poolings between them in blocks, without indices", async () => {
    const { operators } = await compare(["v", "w", "b"], weights, (g) => {
      const y = g.op("Conv", ["x", "v", "b"], same);
      const [most, indices] = g.ops("MaxPool", [y], 2, pool) as [string, string];
      const less = g.op("Mul", [most, g.op("HardSigmoid", [most])]);
      const back = g.op("MaxUnpool", [less, indices, g.shape(y)], pool);
      g.opAs("z", "Conv", [g.op("Add", [back, y]), "w"], same);
      g.output("z");
    });
    expect(operators).toEqual([
      "ReorderInput",
      "Conv",
      "MaxPool",
      "Upsample",
      "AveragePool",
      "Upsample",
      "Conv",
      "ReorderOutput",
    ]);
  });

  /** The gradients of a weight and a bias, where y is the gradient and x the input of a convolution. */
  const gradients =
    ([height, width]: readonly [number, number], attributes: Record<string, AttributeValue>) =>
    (g: GraphBuilder): void => {
      const y = g.op("Conv", ["x", "v", "b"], same);
      const rows = g.reshape(g.transpose("x", [0, 2, 3, 1]), [1, -1, height, width * 32]);
      g.opAs("w", "Conv", [rows, g.transpose(y, [1, 0, 2, 3])], attributes);
      g.opAs("bias", "ReduceSum", [y, g.ints([0, 2, 3])], { keepdims: { int: 0 } });
      g.output("w");
      g.output("bias");
    };
  const { w: _, ...others } = weights;

  it.each([
    ["one part", [6, 5], [1, 0], 2, {}],
    // With 32 outputs and 16 channels a block a kernel of 1 MiB has 512 places.
    ["parts of its kernel", [24, 24], [2, 1], 1, {}],
    ["parts that step", [48, 12], [2, 2], 1, { strides: { ints: [2, 1] } }],
  ] as const)("sum over the batch in blocks, %s", async (_name, plane, [high, wide], blocks, more) => {
    const pads = { ints: [high, 32 * wide, 1, 0] };
    const attributes = { dilations: { ints: [1, 32] }, pads, ...more };
    const make = gradients(plane, attributes);
    const { operators } = await compare(["v", "b"], others, make, blocks * block, [...plane]);
    expect(operators.filter((name) => name === "Conv")).toHaveLength(2);
    expect(operators.filter((name) => name === "GlobalAveragePool")).toHaveLength(1);
  });

  it("sum over another batch as written", async () => {
    const make = gradients([6, 5], { dilations: { ints: [1, 32] }, pads: { ints: [1, 32, 1, 32] } });
    for (const rows of [undefined, block + 1]) {
      const { operators } = await compare(["v", "b"], others, make, rows);
      expect(operators.filter((name) => name === "Conv")).toHaveLength(1);
    }
  });

  it("share a gradient among equal maxima", async () => {
    const make = (g: GraphBuilder): void => {
      g.input("x", "float32", ["batch", 32, 6, 5]);
      g.input("v", "float32", [32, 32, 1, 1]);
      const y = g.op("Conv", ["x", "v"]);
      const [most, indices] = g.ops("MaxPool", [y], 2, pool) as [string, string];
      g.opAs("back", "MaxUnpool", [most, indices, g.shape(y)], pool);
      g.output("back");
    };
    // Every plane is 1, but for its first row of 5, 2s.
    const x = float32(
      [2, 32, 6, 5],
      Float32Array.from({ length: 1920 }, (_, i) => (i % 30 < 5 ? 2 : 1)),
    );
    const v = float32(
      [32, 32, 1, 1],
      Float32Array.from({ length: 1024 }, (_, i) => (i % 33 === 0 ? 1 : 0)),
    );
    const model = buildModel(make);
    blockConvolutions(model, await observe(model, engine, { x, v }), new Set(["v"]), block);
    const { back } = await run(model, { x, v });
    const rows = [0, 1, 2, 3, 4, 5].map((row) => Number(back!.data[5 * row]));
    expect(rows).toEqual([2, 0, 0, ...[1, 1, 1].map((one) => Math.fround(one / 3))]);
  });
});
