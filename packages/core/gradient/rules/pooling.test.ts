import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });
/** Far apart, so that no step exchanges the largest. */
const wide = { range: [-20, 20] as [number, number], step: 0.01 };

const cases: OperatorCase[] = [
  {
    operator: "MaxPool",
    inputs: [[2, 3, 6, 6]],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 7, 7]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[1, 2, 8, 8]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), ceil_mode: int(1) },
    opset: 10,
    note: "ceil",
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[1, 2, 5, 7]],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), ceil_mode: int(1) },
    note: "ceil, apart",
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 7, 7]],
    attributes: { kernel_shape: ints(2, 2), dilations: ints(2, 3), storage_order: int(1) },
    note: "dilated",
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 9]],
    attributes: { kernel_shape: ints(2), strides: ints(3) },
    note: "1-D",
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[1, 2, 4, 4, 4]],
    attributes: { kernel_shape: ints(2, 2, 2), strides: ints(2, 2, 2), auto_pad: { string: "SAME_UPPER" } },
    note: "3-D",
    ...wide,
  },
  {
    operator: "MaxPool",
    inputs: [[2, 3, 6, 6]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2) },
    opset: 9,
    note: "old",
    ...wide,
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
  {
    operator: "AveragePool",
    inputs: [[2, 3, 8, 8]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), ceil_mode: int(1) },
    note: "ceil",
  },
  { operator: "AveragePool", inputs: [[2, 3, 7, 7]], attributes: { kernel_shape: ints(7, 7) }, note: "whole" },
  { operator: "AveragePool", inputs: [[2, 3, 6, 6]], attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) } },
  {
    operator: "AveragePool",
    inputs: [[2, 3, 7, 6]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), auto_pad: { string: "SAME_UPPER" } },
  },
  { operator: "AveragePool", inputs: [[2, 3, 7]], attributes: { kernel_shape: ints(3) }, note: "1-D" },
  {
    operator: "LpPool",
    inputs: [[2, 3, 6, 6]],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), p: int(3) },
    range: [0.5, 1],
  },
  {
    operator: "LpPool",
    inputs: [[2, 3, 6, 6]],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 2), p: int(2) },
  },
  { operator: "GlobalAveragePool", inputs: [[2, 3, 4, 5]] },
  { operator: "GlobalAveragePool", inputs: [[2, 3, 4]], note: "1-D" },
  { operator: "GlobalMaxPool", inputs: [[2, 3, 4, 5]], ...wide },
  { operator: "GlobalLpPool", inputs: [[2, 3, 4, 5]], attributes: { p: int(2) } },
  { operator: "GlobalLpPool", inputs: [[2, 3, 4, 5]], attributes: { p: int(1) }, range: [0.5, 1] },
  {
    operator: "MaxUnpool",
    inputs: [[1, 1, 2, 2]],
    more: (g) => [g.reshape(g.ints([0, 3, 8, 15]), [1, 1, 2, 2])],
    attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
  },
];

test.each(cases)("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});
