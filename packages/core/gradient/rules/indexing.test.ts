import { expect, test } from "vitest";
import type { AttributeValue, GraphBuilder } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const int = (value: number): AttributeValue => ({ int: value });
const table = (g: GraphBuilder, dims: number[], values: number[]): string =>
  g.constant({ type: "int64", dims, data: BigInt64Array.from(values, BigInt) });
const middle = ([data, updates]: string[], [indices]: string[]): string[] => [data!, indices!, updates!];

const cases: OperatorCase[] = [
  { operator: "Gather", inputs: [[4, 3]], more: (g) => [g.ints([1, 1, -1])] },
  {
    operator: "Gather",
    inputs: [[4, 3, 2]],
    more: (g) => [table(g, [2, 2], [0, 2, 2, -3])],
    attributes: { axis: int(1) },
  },
  {
    operator: "Gather",
    inputs: [[4, 3]],
    more: (g) => [table(g, [], [-2])],
    attributes: { axis: int(1) },
    note: "one",
  },
  { operator: "Gather", inputs: [[4]], more: (g) => [table(g, [2, 2], [0, 1, 1, 3])], note: "vector" },
  { operator: "GatherElements", inputs: [[3, 4]], more: (g) => [table(g, [2, 4], [0, 1, 2, 0, 0, 0, -1, 2])] },
  {
    operator: "GatherElements",
    inputs: [[3, 2]],
    more: (g) => [table(g, [3, 3], [0, 1, 1, 0, 0, 0, 1, 0, -1])],
    attributes: { axis: int(1) },
  },
  { operator: "GatherND", inputs: [[3, 4, 2]], more: (g) => [table(g, [3, 2], [0, 1, 2, 3, 0, 1])] },
  {
    operator: "GatherND",
    inputs: [[2, 4, 3]],
    more: (g) => [table(g, [2, 2, 1], [0, 3, 3, 3])],
    attributes: { batch_dims: int(1) },
  },
  ...["none", "add", "mul", "max", "min"].flatMap((reduction): OperatorCase[] => [
    {
      operator: "ScatterElements",
      inputs: [
        [3, 4],
        [2, 4],
      ],
      more: (g) => [table(g, [2, 4], [0, 1, 2, 0, 2, 0, 1, 2])],
      order: middle,
      attributes: { axis: int(0), reduction: { string: reduction } },
      step: 1e-3,
      range: [0.5, 2],
    },
    {
      operator: "ScatterND",
      inputs: [
        [4, 3],
        [2, 3],
      ],
      more: (g) => [table(g, [2, 1], [3, 1])],
      order: middle,
      attributes: { reduction: { string: reduction } },
      step: 1e-3,
      range: [0.5, 2],
    },
  ]),
  {
    operator: "Scatter",
    inputs: [
      [3, 4],
      [1, 4],
    ],
    more: (g) => [table(g, [1, 4], [0, 1, 2, 0])],
    order: middle,
    opset: 9,
  },
  {
    operator: "Compress",
    inputs: [[3, 4]],
    more: (g) => [g.cast(g.ints([1, 0, 1]), "bool")],
    attributes: { axis: int(0) },
  },
  { operator: "Compress", inputs: [[2, 2]], more: (g) => [g.cast(g.ints([1, 0, 1]), "bool")] },
  { operator: "TopK", inputs: [[2, 6]], more: (g) => [g.ints([3])], outputs: 2, range: [-20, 20], step: 1e-3 },
  {
    operator: "TopK",
    inputs: [[6, 2]],
    more: (g) => [g.ints([2])],
    attributes: { axis: int(0), largest: int(0) },
    outputs: 2,
    range: [-20, 20],
    step: 1e-3,
  },
  { operator: "TopK", inputs: [[2, 6]], attributes: { k: int(2) }, outputs: 2, opset: 9, range: [-20, 20], step: 1e-3 },
];

test.each(cases)("$operator $note $opset $inputs $attributes", async (one) => {
  expect(await operatorError({ ...one, step: 0.02 }, "float32")).toBeLessThan(tolerance.float32);
  expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
