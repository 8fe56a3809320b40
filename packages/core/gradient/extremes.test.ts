/** @file Attributes at the ends of int64: the right gradient, or an error of the user's, never a crash. */
import { describe, expect, it } from "vitest";
import { InputError } from "../errors/index.ts";
import { attribute, type GraphBuilder, type NodeProto } from "../onnx/index.ts";
import { int64, toInt64 } from "../tensor/index.ts";
import { gradientError, randomTensor, tolerance } from "../testing/gradient-check.ts";
import { buildModel } from "../testing/models.ts";

const largest = 2n ** 63n - 1n;

/** An attribute as no number holds it. */
function widest(node: NodeProto, name: string, count: number): void {
  const made = attribute(name, { ints: Array.from({ length: count }, () => 0) });
  made.ints = made.ints.map(() => largest);
  node.attribute = [...node.attribute.filter((one) => one.name !== name), made];
}

const weights = (g: GraphBuilder): string => g.initialiser("w", randomTensor([3, 3, 2, 2], "w"));
const pooling = (operator: string) => (g: GraphBuilder) =>
  g.opAs("y", operator, ["x"], { kernel_shape: { ints: [2, 2] } });

/** From 1 to the end, with inputs that hold int64. */
function sliced(g: GraphBuilder, step: bigint): void {
  const vector = (value: bigint): string => g.constant({ type: "int64", dims: [1], data: BigInt64Array.of(value) });
  g.opAs("y", "Slice", ["x", g.ints([1]), vector(largest), g.ints([2]), vector(step)]);
}

/** The error of dy/dx, x being [1, 3, 5, 5], with `attributes` of y's node at the largest int64. */
async function errorWith(
  fill: (g: GraphBuilder) => void,
  attributes: Record<string, number>,
  opset = 18,
): Promise<number> {
  const model = buildModel((g) => {
    g.input("x", "float32", [1, 3, 5, 5]);
    fill(g);
    g.output("y");
  }, opset);
  const node = model.graph!.node.at(-1)!;
  for (const [name, count] of Object.entries(attributes)) widest(node, name, count);
  return gradientError(model, { x: randomTensor([1, 3, 5, 5], "x") }, ["x"]);
}

it("numbers beyond int64 are its ends, and are not wrapped round", () => {
  expect(toInt64(2 ** 63)).toBe(largest);
  expect(toInt64(-(2 ** 64))).toBe(-(2n ** 63n));
  expect(toInt64(-7)).toBe(-7n);
  expect([...int64([2], [2 ** 63, 1e300]).data]).toEqual([largest, largest]);
  expect(attribute("end", { int: Number(largest) }).i).toBe(largest);
});

describe("a stride of which only the first window is left", () => {
  it.each<[string, (g: GraphBuilder) => void]>([
    ["Conv", (g) => g.opAs("y", "Conv", ["x", weights(g)])],
    ["MaxPool", pooling("MaxPool")],
    ["AveragePool", pooling("AveragePool")],
    ["LpPool", pooling("LpPool")],
  ])("%s", async (_, fill) => {
    expect(await errorWith(fill, { strides: 2 })).toBeLessThan(tolerance.float32);
  });
});

describe("to the end", () => {
  it("as old exporters write it: attributes of Slice", async () => {
    const slice = (g: GraphBuilder): unknown =>
      g.opAs("y", "Slice", ["x"], { starts: { ints: [1, 2] }, axes: { ints: [2, 3] } });
    expect(await errorWith(slice, { ends: 2 }, 9)).toBeLessThan(tolerance.float32);
  });

  it("as an input of Slice", async () => {
    for (const step of [1n, 2n])
      expect(await errorWith((g) => sliced(g, step), {}), String(step)).toBeLessThan(tolerance.float32);
  });
});

describe("what the engine cannot run is the model's fault", () => {
  it.each<[string, (g: GraphBuilder) => void, Record<string, number>]>([
    ["dilations of Conv", (g) => g.opAs("y", "Conv", ["x", weights(g)]), { dilations: 2 }],
    ["pads of Conv", (g) => g.opAs("y", "Conv", ["x", weights(g)]), { pads: 4 }],
    ["kernel of MaxPool", pooling("MaxPool"), { kernel_shape: 2 }],
    ["strides of ConvTranspose", (g) => g.opAs("y", "ConvTranspose", ["x", weights(g)]), { strides: 2 }],
    ["perm of Transpose", (g) => g.opAs("y", "Transpose", ["x"]), { perm: 4 }],
    ["step of Slice", (g) => sliced(g, largest), {}],
    ["pads of Pad, set 2", (g) => g.opAs("y", "Pad", ["x"]), { pads: 8 }],
  ])("%s", async (_, fill, attributes) => {
    const opset = _.endsWith("set 2") ? 9 : 18;
    await expect(errorWith(fill, attributes, opset)).rejects.toThrow(InputError);
  });
});
