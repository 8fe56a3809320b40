import { expect, test } from "vitest";
import { engine } from "../testing/engine.ts";
import { copyModel, serialiseModel, type ModelProto } from "../onnx/index.ts";
import { randomTensor } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";
import { poolFirst } from "./pool-first.ts";

const x = randomTensor([2, 3, 7, 7], "x");
const window = { kernel_shape: { ints: [3, 3] }, strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } };

async function run(model: ModelProto): Promise<unknown[]> {
  const session = await engine.load(serialiseModel(model));
  const found = await session.run({ x });
  await session.release();
  return Object.values(found).map(({ data }) => data);
}

test("a ReLU goes behind the pooling that alone reads it, and every value stays", async () => {
  const model = buildModel((g) => {
    g.input("x", "float32", x.dims);
    const alone = g.op("Relu", ["x"]);
    const [read, indexed, ceiled] = [g.op("Relu", ["x"]), g.op("Relu", ["x"]), g.op("Relu", ["x"])];
    g.opAs("a", "MaxPool", [alone], window);
    g.opAs("b", "Add", [g.op("MaxPool", [read], window), g.op("ReduceMax", [read], { keepdims: { int: 0 } })]);
    const [c, indices] = g.ops("MaxPool", [indexed], 2, window) as [string, string];
    g.opAs("d", "MaxPool", [ceiled], { ...window, ceil_mode: { int: 1 } });
    for (const name of ["a", "b", c, "d"]) g.output(name, "float32");
    g.output(indices, "int64");
  });
  const changed = copyModel(model);
  poolFirst(changed);
  const order = changed.graph!.node.map(({ opType }) => opType);
  expect(order.filter((opType) => opType === "Relu")).toHaveLength(4);
  expect(changed.graph!.node.find(({ output }) => output[0] === "a")!.opType).toBe("Relu");
  expect(order.indexOf("MaxPool")).toBeGreaterThan(order.indexOf("Relu"));
  const others = changed.graph!.node.filter(({ opType }) => opType === "MaxPool").slice(1);
  for (const { input } of others)
    expect(changed.graph!.node.find(({ output }) => output[0] === input[0])!.opType).toBe("Relu");
  expect(await run(changed)).toEqual(await run(model));
});
