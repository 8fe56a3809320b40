import { expect, test } from "vitest";
import { engine } from "../../testing/engine.ts";
import { serialiseModel, type AttributeValue, type ModelProto } from "../../onnx/index.ts";
import type { Tensor } from "../../tensor/index.ts";
import { operatorError, randomTensor, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";
import { differentiate } from "../index.ts";

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const group = (int: number): Record<string, AttributeValue> => ({ group: { int } });
const auto = (string: string): Record<string, AttributeValue> => ({ auto_pad: { string } });

const cases: OperatorCase[] = [
  { operator: "Conv", inputs: [[2, 3, 6, 7], [4, 3, 3, 3], [4]], attributes: { pads: ints(1, 1, 1, 1) } },
  { operator: "Conv", inputs: [[2, 3, 6, 7], [4, 3, 3, 3], [4]], attributes: { strides: ints(2, 2) } },
  {
    operator: "Conv",
    inputs: [[2, 3, 8, 7], [4, 3, 3, 2], [4]],
    attributes: { strides: ints(3, 2), pads: ints(0, 1, 2, 1) },
  },
  {
    operator: "Conv",
    inputs: [
      [2, 3, 8, 8],
      [4, 3, 3, 3],
    ],
    attributes: { dilations: ints(2, 2), strides: ints(2, 1), pads: ints(2, 1, 2, 1) },
  },
  {
    operator: "Conv",
    inputs: [
      [2, 3, 5, 5],
      [4, 3, 1, 1],
    ],
    attributes: { pads: ints(1, 1, 1, 1) },
    note: "pads beyond",
  },
  {
    operator: "Conv",
    inputs: [[2, 4, 6, 6], [6, 2, 3, 3], [6]],
    attributes: { ...group(2), pads: ints(1, 1, 1, 1) },
  },
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].map((pad): OperatorCase => ({
    operator: "Conv",
    inputs: [
      [2, 4, 6, 6],
      [4, 1, 3, 3],
    ],
    attributes: { ...group(4), strides: ints(2, 2), ...auto(pad) },
  })),
  {
    operator: "Conv",
    inputs: [[2, 3, 7, 15], [3, 1, 3, 2], [3]],
    attributes: { ...group(3), pads: ints(1, 0, 2, 1), strides: ints(1, 2), dilations: ints(2, 1) },
    note: "a channel each",
  },
  {
    operator: "Conv",
    inputs: [
      [2, 3, 3, 130],
      [3, 1, 3, 3],
    ],
    attributes: { ...group(3), pads: ints(1, 1, 1, 1) },
    note: "a channel each, wide",
  },
  {
    operator: "Conv",
    inputs: [
      [2, 3, 6, 5],
      [4, 3, 2, 2],
    ],
    attributes: auto("SAME_UPPER"),
    note: "even kernel",
  },
  {
    operator: "Conv",
    inputs: [
      [2, 4, 5],
      [3, 4, 3],
    ],
    attributes: { pads: ints(1, 1) },
    note: "1-D",
  },
  {
    operator: "Conv",
    inputs: [
      [2, 4, 9],
      [2, 2, 3],
    ],
    attributes: { ...group(2), strides: ints(2) },
    note: "1-D",
  },
  {
    operator: "Conv",
    inputs: [
      [1, 2, 4, 4, 4],
      [3, 2, 2, 2, 2],
    ],
    note: "3-D",
  },
  {
    operator: "Conv",
    inputs: [[2, 2, 4, 5, 4], [3, 2, 3, 3, 3], [3]],
    attributes: { pads: ints(1, 1, 1, 1, 1, 1), strides: ints(1, 2, 1) },
    note: "3-D",
  },
  {
    operator: "Conv",
    inputs: [
      [2, 4, 5, 5],
      [3, 4, 1, 1],
    ],
    attributes: { strides: ints(2, 2) },
  },
  {
    operator: "Conv",
    inputs: [
      [2, 3, 16, 16],
      [4, 3, 4, 4],
    ],
    attributes: { strides: ints(4, 4) },
    note: "patches",
  },
  {
    operator: "ConvTranspose",
    inputs: [[2, 4, 3, 3], [4, 2, 3, 3], [2]],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) },
  },
  {
    operator: "ConvTranspose",
    inputs: [
      [2, 4, 3, 4],
      [4, 2, 2, 3],
    ],
    attributes: { strides: ints(1, 2), dilations: ints(2, 1) },
  },
  {
    operator: "ConvTranspose",
    inputs: [
      [2, 4, 3, 3],
      [4, 1, 3, 3],
    ],
    attributes: { ...group(2), strides: ints(2, 2), output_shape: ints(7, 8) },
  },
  ...["SAME_UPPER", "SAME_LOWER"].map((pad): OperatorCase => ({
    operator: "ConvTranspose",
    inputs: [
      [2, 4, 3, 3],
      [4, 2, 3, 3],
    ],
    attributes: { strides: ints(2, 2), ...auto(pad) },
  })),
  {
    operator: "ConvTranspose",
    inputs: [
      [2, 4, 5],
      [4, 2, 4],
    ],
    attributes: { strides: ints(2), pads: ints(1, 1) },
    note: "1-D",
  },
];

/** The same without groups with so many channels that weights' gradients are not products of patches. */
const wide = cases
  .filter(({ attributes }) => attributes?.["group"] === undefined)
  .map(({ operator, attributes = {}, note = "", ...one }): OperatorCase => {
    const [x, w, b] = one.inputs as [number[], number[], number[]?];
    const manyIn = (dims: number[]): number[] => dims.with(1, 9 * dims[1]!);
    const inputs =
      operator === "Conv" ? [manyIn(x), manyIn(w), ...(b ? [b] : [])] : [x, manyIn(w), ...(b ? [[9 * b[0]!]] : [])];
    return { operator, attributes, inputs, note: `${note} wide` };
  });

test.each([...cases, ...wide])("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});

test("weights behind channels last, at sizes that are free", async () => {
  const feeds = {
    x: randomTensor([2, 7, 5, 3], "x"),
    w: randomTensor([4, 3, 3, 3], "w"),
    "seed/y": randomTensor([2, 4, 4, 3], "seed"),
  };
  const model = (dims: (number | string)[]): ModelProto =>
    buildModel((g) => {
      g.input("x", "float32", dims);
      g.input("w", "float32", feeds.w.dims);
      g.opAs("y", "Conv", [g.transpose("x", [0, 3, 1, 2]), "w"], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) });
      g.output("y");
    });
  const weights = async (dims: (number | string)[]): Promise<Tensor> => {
    const found = await differentiate(engine, model(dims), { of: "y", wrt: ["w"], shapes: { x: feeds.x.dims } });
    // Rules pad along all axes: the engine's optimiser overlooks a list of some.
    expect(found.model.graph!.node.filter(({ opType, input }) => opType === "Pad" && input.length > 2)).toEqual([]);
    const session = await engine.load(serialiseModel(found.model));
    const { "grad/w": gradient } = await session.run(feeds);
    await session.release();
    return gradient!;
  };
  const [free, fixed] = [await weights(["n", "h", "w", 3]), await weights([2, 7, 5, 3])];
  const far = Math.max(...(free.data as Float32Array).map((v, i) => Math.abs(v - Number(fixed.data[i]))));
  expect(far).toBeLessThan(1e-5);
});
