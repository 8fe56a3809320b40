import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const int = (value: number): AttributeValue => ({ int: value });
const ints = (...values: number[]): AttributeValue => ({ ints: values });
const only32 = { only32: true } as const;

const cases: OperatorCase[] = [
  {
    operator: "Col2Im",
    inputs: [[2, 12, 9]],
    more: (g) => [g.ints([4, 4]), g.ints([2, 2])],
    ...only32,
  },
  {
    operator: "Col2Im",
    inputs: [[1, 12, 6]],
    more: (g) => [g.ints([5, 6]), g.ints([2, 3])],
    attributes: { pads: ints(1, 0, 0, 1), strides: ints(2, 2), dilations: ints(1, 2) },
    note: "strides, pads",
    ...only32,
  },
  ...[
    [3, 9],
    [4, 6],
    [7, 2],
  ].map((shape): OperatorCase => ({
    operator: "CenterCropPad",
    inputs: [[5, 5]],
    more: (g) => [g.ints(shape)],
    note: shape.join(" x "),
  })),
  {
    operator: "CenterCropPad",
    inputs: [[2, 5, 6]],
    more: (g) => [g.ints([4, 9])],
    attributes: { axes: ints(-1, 1) },
    note: "axes",
  },
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse): OperatorCase => ({
      operator: "CumProd",
      inputs: [[3, 5]],
      more: (g) => [g.constant({ type: "int64", dims: [], data: BigInt64Array.of(1n) })],
      attributes: { exclusive: int(exclusive), reverse: int(reverse) },
      range: [0.5, 1.5],
      opset: 26,
    })),
  ),
  ...[1, 2, 3, 4].map((n): OperatorCase => ({ operator: "Det", inputs: [[2, n, n]], only32: true })),
  { operator: "Det", inputs: [[3, 3]], ...only32 },
  ...["linear", "circular"].map((mode): OperatorCase => ({
    operator: "TensorScatter",
    inputs: [
      [2, 3, 5, 4],
      [2, 3, 2, 4],
    ],
    more: (g) => [g.ints(mode === "linear" ? [0, 3] : [1, 4])],
    attributes: { mode: { string: mode } },
    opset: 24,
    note: mode,
  })),
];

test.each(cases)("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
