import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const int = (value: number): AttributeValue => ({ int: value });
const only32 = { only32: true } as const;
/** Well away from zero, so that no variance is small. */
const apart = { range: [0.5, 2] as [number, number] };
const ms = { domain: "com.microsoft" } as const;

const cases: OperatorCase[] = [
  { operator: "BatchNormalization", inputs: [[2, 3, 4, 4], [3], [3], [3], [3]], opset: 9, ...apart },
  { operator: "BatchNormalization", inputs: [[4, 3], [3], [3], [3], [3]], opset: 15, ...apart },
  {
    operator: "BatchNormalization",
    inputs: [[2, 3, 4, 4], [3], [3]],
    more: (g) =>
      [0, 1].map((value) => g.constant({ type: "float32", dims: [3], data: new Float32Array(3).fill(value) })),
    attributes: { training_mode: int(1) },
    outputs: 3,
    opset: 15,
    note: "training",
    ...apart,
    ...only32,
  },
  { operator: "InstanceNormalization", inputs: [[2, 3, 4, 5], [3], [3]], ...apart, ...only32 },
  { operator: "InstanceNormalization", inputs: [[2, 3, 6], [3], [3]], ...apart, ...only32 },
  {
    operator: "GroupNormalization",
    inputs: [[2, 4, 3, 3], [2], [2]],
    attributes: { num_groups: int(2) },
    opset: 18,
    ...only32,
  },
  {
    operator: "GroupNormalization",
    inputs: [[2, 4, 3, 3], [4], [4]],
    attributes: { num_groups: int(2) },
    opset: 21,
    ...only32,
  },
  { operator: "LayerNormalization", inputs: [[2, 3, 6], [6], [6]] },
  {
    operator: "LayerNormalization",
    inputs: [
      [2, 3, 6],
      [3, 6],
    ],
    attributes: { axis: int(1), epsilon: { float: 1e-2 } },
  },
  { operator: "SimplifiedLayerNormalization", inputs: [[2, 3, 6], [6]], ...only32 },
  { operator: "RMSNormalization", inputs: [[2, 3, 6], [6]], opset: 23, ...only32 },
  { operator: "SkipLayerNormalization", inputs: [[2, 3, 6], [2, 3, 6], [6], [6], [6]], ...ms, ...only32 },
  { operator: "SkipSimplifiedLayerNormalization", inputs: [[2, 3, 6], [2, 3, 6], [6], [6]], ...ms, ...only32 },
  { operator: "LRN", inputs: [[2, 7, 3, 3]], attributes: { size: int(5), alpha: { float: 0.5 } }, ...only32 },
  {
    operator: "LRN",
    inputs: [[2, 7, 3, 3]],
    attributes: { size: int(3), alpha: { float: 0.5 }, beta: { float: 1.5 }, bias: { float: 2 } },
    ...only32,
  },
  { operator: "LpNormalization", inputs: [[2, 5]] },
  { operator: "LpNormalization", inputs: [[2, 5, 3]], attributes: { axis: int(1), p: int(1) }, ...apart },
  { operator: "MeanVarianceNormalization", inputs: [[2, 3, 4, 4]], ...only32 },
  { operator: "MeanVarianceNormalization", inputs: [[2, 3, 4]], attributes: { axes: { ints: [2] } }, ...only32 },
];

test.each(cases)("$domain $operator $note $opset $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
