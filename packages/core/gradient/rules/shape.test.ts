import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const int = (value: number): AttributeValue => ({ int: value });
const ints = (...values: number[]): AttributeValue => ({ ints: values });

const cases: OperatorCase[] = [
  { operator: "Reshape", inputs: [[2, 3, 4]], more: (g) => [g.ints([-1, 6])] },
  { operator: "Flatten", inputs: [[2, 3, 4]] },
  { operator: "Flatten", inputs: [[2, 3, 4]], attributes: { axis: int(-1) } },
  { operator: "Squeeze", inputs: [[2, 1, 4]] },
  { operator: "Squeeze", inputs: [[2, 1, 4]], attributes: { axes: ints(1) }, opset: 9 },
  { operator: "Unsqueeze", inputs: [[2, 4]], more: (g) => [g.ints([0, -1])] },
  { operator: "Unsqueeze", inputs: [[2, 4]], attributes: { axes: ints(1) }, opset: 9 },
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
  {
    operator: "Concat",
    inputs: [
      [2, 3],
      [1, 3],
    ],
    attributes: { axis: int(0) },
  },
  { operator: "Concat", inputs: [[2, 3]], attributes: { axis: int(0) } },
  {
    operator: "Concat",
    inputs: [
      [2, 3],
      [2, 2],
    ],
    more: (g, type) => [type === "float32" ? g.zerosLike("x0") : g.cast(g.zerosLike("x0"), "float64")],
    attributes: { axis: int(1) },
    note: "with a constant",
  },
  { operator: "Split", inputs: [[2, 6]], attributes: { axis: int(1), num_outputs: int(3) }, outputs: 3 },
  { operator: "Split", inputs: [[6, 2]], more: (g) => [g.ints([4, 2])], outputs: 2 },
  { operator: "Split", inputs: [[6, 2]], attributes: { split: ints(1, 5) }, outputs: 2, opset: 11 },
  { operator: "Slice", inputs: [[4, 6]], more: (g) => [g.ints([1, -3]), g.ints([100, -1]), g.ints([0, 1])] },
  { operator: "Slice", inputs: [[4, 6]], more: (g) => [g.ints([1]), g.ints([3])], note: "no axes" },
  {
    operator: "Slice",
    inputs: [[4, 6]],
    more: (g) => [g.ints([5, 0]), g.ints([0, 4]), g.ints([-1, 0]), g.ints([-2, 3])],
  },
  {
    operator: "Slice",
    inputs: [[4, 6]],
    more: (g) => [g.ints([-1]), g.ints([-100]), g.ints([1]), g.ints([-1])],
    note: "reversed",
  },
  { operator: "Slice", inputs: [[4, 6]], more: (g) => [g.ints([3]), g.ints([3]), g.ints([1])], note: "empty" },
  {
    operator: "Slice",
    inputs: [[4, 7, 5]],
    more: (g) => [g.ints([1, 0]), g.ints([100, 5]), g.ints([1, 2]), g.ints([2, 3])],
    note: "every second, every third",
  },
  { operator: "Slice", inputs: [[4, 6]], attributes: { starts: ints(1), ends: ints(-1), axes: ints(1) }, opset: 9 },
  ...["constant", "reflect", "edge", "wrap"].flatMap((mode): OperatorCase[] => [
    {
      operator: "Pad",
      inputs: [[3, 4]],
      more: (g) => [g.ints([1, 2, 0, 1])],
      attributes: { mode: { string: mode } },
      opset: 19,
    },
    {
      operator: "Pad",
      inputs: [[3, 4]],
      more: (g) => [g.ints([2, 1]), "", g.ints([-1])],
      attributes: { mode: { string: mode } },
      opset: 19,
      note: "axes",
    },
  ]),
  { operator: "Pad", inputs: [[3, 4]], more: (g) => [g.ints([-1, 1, 0, -2])], note: "cropping" },
  { operator: "Pad", inputs: [[3, 4]], attributes: { pads: ints(1, 0, 0, 2) }, opset: 9 },
  {
    operator: "Pad",
    inputs: [[3, 4], []],
    more: (g) => [g.ints([1, 0, 2, 0])],
    order: ([x, value], [pads]) => [x!, pads!, value!],
    note: "value",
  },
  { operator: "Tile", inputs: [[2, 3]], more: (g) => [g.ints([3, 2])] },
  { operator: "Expand", inputs: [[3, 1]], more: (g) => [g.ints([2, 1, 4])] },
  { operator: "DepthToSpace", inputs: [[2, 8, 2, 3]], attributes: { blocksize: int(2) } },
  { operator: "DepthToSpace", inputs: [[2, 8, 2, 3]], attributes: { blocksize: int(2), mode: { string: "CRD" } } },
  { operator: "SpaceToDepth", inputs: [[2, 2, 4, 6]], attributes: { blocksize: int(2) } },
  { operator: "Trilu", inputs: [[3, 4]] },
  {
    operator: "Trilu",
    inputs: [[2, 3, 4]],
    more: (g) => [g.constant({ type: "int64", dims: [], data: BigInt64Array.of(-1n) })],
    attributes: { upper: int(0) },
  },
  {
    operator: "ReverseSequence",
    inputs: [[4, 2, 3]],
    more: (g) => [g.ints([2, 4])],
    attributes: { time_axis: int(0), batch_axis: int(1) },
  },
];

test.each(cases)("$operator $note $opset $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
