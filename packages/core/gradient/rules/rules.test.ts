import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { gradientError, randomTensor } from "../../testing/gradient-check.ts";
import { buildModel } from "../../testing/models.ts";

interface Case {
  operator: string;
  /** Shapes of the inputs that are differentiated. */
  inputs: number[][];
  attributes?: Record<string, AttributeValue>;
  range?: [number, number];
  opset?: number;
  note?: string;
}

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });

const cases: Case[] = [
  {
    operator: "Add",
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  {
    operator: "Sub",
    inputs: [
      [3, 1],
      [2, 3, 4],
    ],
  },
  { operator: "Mul", inputs: [[2, 3, 4], [4]] },
  {
    operator: "Div",
    inputs: [
      [2, 3],
      [2, 3],
    ],
    range: [1, 2],
  },
  {
    operator: "Pow",
    inputs: [
      [2, 3],
      [1, 3],
    ],
    range: [1, 2],
  },
  { operator: "Sum", inputs: [[2, 3], [3], [1, 1]] },
  { operator: "Neg", inputs: [[5]] },
  { operator: "Sqrt", inputs: [[5]], range: [1, 2] },
  { operator: "Exp", inputs: [[5]] },
  { operator: "Log", inputs: [[5]], range: [1, 2] },
  { operator: "Reciprocal", inputs: [[5]], range: [1, 2] },
  { operator: "Abs", inputs: [[5]], range: [-2, -1] },
  { operator: "Identity", inputs: [[5]] },
  { operator: "Relu", inputs: [[7]], range: [0.5, 1] },
  { operator: "Relu", inputs: [[7]], range: [-1, -0.5], note: "off" },
  { operator: "LeakyRelu", inputs: [[7]], attributes: { alpha: { float: 0.2 } }, range: [-1, -0.5] },
  { operator: "Sigmoid", inputs: [[7]] },
  { operator: "Tanh", inputs: [[7]] },
  { operator: "Softmax", inputs: [[2, 5]] },
  { operator: "Softmax", inputs: [[2, 3, 4]], attributes: { axis: int(1) } },
  { operator: "Softmax", inputs: [[2, 3, 4]], attributes: { axis: int(1) }, opset: 11 },
  { operator: "LogSoftmax", inputs: [[2, 5]] },
  { operator: "LogSoftmax", inputs: [[2, 3, 4]], opset: 11 },
  {
    operator: "MatMul",
    inputs: [
      [3, 4],
      [4, 2],
    ],
  },
  {
    operator: "MatMul",
    inputs: [
      [2, 3, 4],
      [4, 2],
    ],
  },
  {
    operator: "MatMul",
    inputs: [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
  },
  { operator: "MatMul", inputs: [[4], [4, 2]] },
  { operator: "MatMul", inputs: [[3, 4], [4]] },
  { operator: "MatMul", inputs: [[4], [4]] },
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB): Case => ({
      operator: "Gemm",
      inputs: [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2], transA ? [2] : [3, 1]],
      attributes: { transA: int(transA), transB: int(transB), alpha: { float: 0.5 }, beta: { float: 2 } },
    })),
  ),
  { operator: "ReduceSum", inputs: [[2, 3, 4]], attributes: { keepdims: int(0) } },
  { operator: "ReduceMean", inputs: [[2, 3, 4]], attributes: { axes: ints(1, -1), keepdims: int(0) } },
  { operator: "ReduceMean", inputs: [[2, 3, 4]], attributes: { axes: ints(2) } },
  { operator: "Flatten", inputs: [[2, 3, 4]] },
  { operator: "Transpose", inputs: [[2, 3, 4]], attributes: { perm: ints(2, 0, 1) } },
  { operator: "Transpose", inputs: [[2, 3, 4]] },
  {
    operator: "Concat",
    inputs: [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
    attributes: { axis: int(-1) },
  },
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
    inputs: [[2, 4, 6, 6], [6, 2, 3, 3], [6]],
    attributes: { group: int(2), pads: ints(1, 1, 1, 1) },
  },
  {
    operator: "Conv",
    inputs: [
      [2, 4, 6, 6],
      [4, 1, 3, 3],
    ],
    attributes: { group: int(4), strides: ints(2, 2), auto_pad: { string: "SAME_UPPER" } },
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
      [1, 2, 4, 4, 4],
      [3, 2, 2, 2, 2],
    ],
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
    attributes: { group: int(2), strides: ints(2, 2), output_shape: ints(7, 8) },
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 6, 6]],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
    range: [-20, 20],
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 7, 7]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
    range: [-20, 20],
  },
  {
    operator: "AveragePool",
    inputs: [[2, 3, 7, 7]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  },
  {
    operator: "AveragePool",
    inputs: [[2, 3, 8, 7]],
    attributes: { kernel_shape: ints(3, 2), strides: ints(2, 2), pads: ints(1, 0, 1, 0), count_include_pad: int(1) },
  },
  { operator: "GlobalAveragePool", inputs: [[2, 3, 4, 5]] },
  { operator: "BatchNormalization", inputs: [[2, 3, 4, 4], [3], [3]], opset: 9 },
];

test.each(cases)("$operator $note $inputs $attributes", async ({ operator, inputs, attributes, range, opset }) => {
  const names = inputs.map((_, i) => `x${i}`);
  const model = buildModel((g) => {
    inputs.forEach((dims, i) => g.input(names[i]!, "float32", dims));
    const fixed =
      operator === "BatchNormalization"
        ? [g.constant(randomTensor([3], "mean")), g.constant(randomTensor([3], "var", 1, 2))]
        : [];
    g.opAs("y", operator, [...names, ...fixed], attributes);
    g.output("y");
  }, opset);
  const feeds = Object.fromEntries(
    inputs.map((dims, i) => [names[i]!, randomTensor(dims, names[i]!, ...(range ?? [-1, 1]))]),
  );
  expect(await gradientError(model, feeds, names)).toBeLessThan(1e-3);
});
