/** @file Blocked convolutions against the same convolutions as written. */
import { describe, expect, it } from "vitest";
import { engine } from "../../sei/engine/index.ts";
import { copyModel, observe, serialiseModel, type GraphBuilder, type ModelProto } from "../onnx/index.ts";
import type { Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { blockConvolutions, findChannelBlock } from "./blocked.ts";

const block = await findChannelBlock(engine);

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

/** The feeds of two rows show the shapes; the blocked model then runs on five. */
async function compare(
  changing: string[],
  weights: Tensors,
  make: (g: GraphBuilder) => void,
): Promise<{ operators: string[] }> {
  const model = buildModel((g) => {
    g.input("x", "float32", ["batch", 32, 6, 5]);
    for (const [name, { dims }] of Object.entries(weights)) g.input(name, "float32", dims);
    make(g);
  });
  const seen = await observe(model, engine, { x: randomTensor([2, 32, 6, 5], "x"), ...weights });
  const blocked = copyModel(model);
  blockConvolutions(blocked, seen, new Set(changing), block);
  const feeds = { x: randomTensor([5, 32, 6, 5], "x"), ...weights };
  const [expected, found] = [await run(model, feeds), await run(blocked, feeds)];
  for (const [name, { dims, data }] of Object.entries(expected)) {
    expect(found[name]!.dims).toEqual(dims);
    const other = found[name]!.data as Float32Array;
    const gaps = Array.from(data as Float32Array, (value, i) => Math.abs(value - other[i]!));
    expect(Math.max(...gaps)).toBeLessThan(1e-4);
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
    expect(operators).toEqual(["ReorderInput", "Conv", "ReorderOutput", "Conv", "ReorderOutput"]);
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
    expect(operators).toEqual(["ReorderInput", "Conv", "ReorderOutput", "ReorderOutput"]);
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
});
