/** @file Fresh weights, and statistics that an exporter stored once. */
import { describe, expect, it } from "vitest";
import { engine } from "../testing/engine.ts";
import { inspectModel, serialiseModel, type ModelProto } from "../onnx/index.ts";
import { float32, type Tensors } from "../tensor/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { residualNetwork } from "../testing/networks.ts";
import { freshWeights, separateStatistics } from "./index.ts";

const pictures = randomTensor([4, 3, 8, 8], "pictures");

async function run(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run(feeds);
  await session.release();
  return found;
}

describe("fresh weights", () => {
  it("are of the size that their operators want, and the same for the same seed", async () => {
    const model = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      const empty = (name: string, dims: number[]): string =>
        g.initialiser(name, float32(dims, new Float32Array(dims.reduce((a, b) => a * b))));
      g.opAs("conv", "Conv", ["image", empty("conv.weight", [64, 3, 3, 3]), empty("conv.bias", [64])]);
      g.opAs("norm", "BatchNormalization", ["conv", ...["s", "t", "m", "v"].map((name) => empty(name, [64]))]);
      g.opAs("flat", "Flatten", ["norm"]);
      g.opAs("product", "MatMul", ["flat", empty("dense.weight", [2304, 10])]);
      g.opAs("scores", "Add", ["product", empty("dense.bias", [10])]);
      g.output("scores", "float32", ["batch", 10]);
    });
    const fresh = freshWeights(await inspectModel(model, engine), 5);
    const variance = (name: string): number =>
      fresh.get(name)!.data.reduce((sum, x) => sum + x * x, 0) / fresh.get(name)!.data.length;
    expect(variance("conv.weight") * 27).toBeCloseTo(2, 0);
    expect(variance("dense.weight") * 2314).toBeCloseTo(2, 1);
    for (const [name, value] of [
      ["conv.bias", 0],
      ["s", 1],
      ["t", 0],
      ["m", 0],
      ["v", 1],
      ["dense.bias", 0],
    ] as const)
      expect(new Set(fresh.get(name)!.data), name).toEqual(new Set([value]));
    expect(freshWeights(await inspectModel(model, engine), 5)).toEqual(fresh);
    expect(freshWeights(await inspectModel(model, engine), 6).get("conv.weight")).not.toEqual(fresh.get("conv.weight"));
  });

  it("of normalisations that an exporter stored once become each one's own", async () => {
    const shared = buildModel((g) => {
      g.input("image", "float32", ["batch", 3, 8, 8]);
      for (const [name, value] of [
        ["one", 1],
        ["zero", 0],
      ] as const)
        g.initialiser(name, float32([3], new Float32Array(3).fill(value)));
      const norm = (x: string, name: string): string =>
        g.opAs(name, "BatchNormalization", [x, "one", "zero", "zero", "one"]);
      g.opAs("pool", "GlobalAveragePool", [norm(g.op("Relu", [norm("image", "norm1")]), "norm2")]);
      g.opAs("scores", "Flatten", ["pool"]);
      g.output("scores", "float32", ["batch", 3]);
    });
    const apart = separateStatistics(shared);
    expect(apart.graph!.initializer).toHaveLength(2 + 2 * 2);
    expect(await run(apart, { image: pictures })).toEqual(await run(shared, { image: pictures }));
    const plain = residualNetwork();
    expect(separateStatistics(plain)).toBe(plain);
  });
});
