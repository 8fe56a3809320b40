import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const ints = (...values: number[]): AttributeValue => ({ ints: values });
const int = (value: number): AttributeValue => ({ int: value });

/** Steps are short, since places between pixels have kinks at pixels. */
const plain = { operator: "DeformConv", opset: 19, step: 1e-3 } as const;

const cases: OperatorCase[] = [
  {
    ...plain,
    inputs: [
      [2, 2, 5, 6],
      [3, 2, 2, 2],
      [2, 8, 4, 5],
    ],
  },
  {
    ...plain,
    inputs: [[2, 4, 6, 5], [6, 2, 3, 2], [2, 24, 3, 3], [6], [2, 12, 3, 3]],
    attributes: { group: int(2), offset_group: int(2), strides: ints(2, 2), pads: ints(1, 0, 1, 1) },
    note: "groups, mask",
  },
  {
    ...plain,
    inputs: [
      [1, 4, 7, 7],
      [2, 4, 3, 3],
      [1, 72, 5, 5],
    ],
    attributes: { offset_group: int(4), dilations: ints(2, 2), pads: ints(1, 1, 1, 1) },
    range: [-3, 3],
    note: "far, beyond the border",
  },
  {
    ...plain,
    inputs: [
      [2, 4, 5, 5],
      [4, 1, 2, 2],
      [2, 8, 4, 4],
      [2, 4, 4, 4],
    ],
    attributes: { group: int(4) },
    order: ([x, w, offset, mask]) => [x!, w!, offset!, "", mask!],
    opset: 22,
    note: "depthwise, mask without bias",
  },
];

test.each(cases)("$operator $note $opset $inputs", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
