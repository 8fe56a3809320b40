import { expect, test } from "vitest";
import type { AttributeValue } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";
import { float32 } from "../../tensor/index.ts";

const string = (value: string): AttributeValue => ({ string: value });
const cases: OperatorCase[] = [
  ...["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"].flatMap((place) =>
    ["nearest", "linear", "cubic"].flatMap((mode): OperatorCase[] => [
      {
        operator: "Resize",
        inputs: [[2, 3, 4, 5]],
        more: (g) => ["", g.constant(float32([4], [1, 1, 2, 1.6]))],
        attributes: { coordinate_transformation_mode: string(place), mode: string(mode) },
      },
      {
        operator: "Resize",
        inputs: [[2, 3, 4, 6]],
        more: (g) => ["", "", g.ints([2, 3, 7, 4])],
        attributes: { coordinate_transformation_mode: string(place), mode: string(mode) },
        note: "sizes",
      },
    ]),
  ),
  {
    operator: "Resize",
    inputs: [[2, 3, 4, 6]],
    more: (g) => ["", "", g.ints([2, 3])],
    attributes: { mode: string("linear"), axes: { ints: [2, 3] }, antialias: { int: 1 } },
    note: "antialias",
  },
  { operator: "Resize", inputs: [[2, 3, 4, 5]], more: (g) => [g.constant(float32([4], [1, 1, 2, 3]))], opset: 10 },
  { operator: "Upsample", inputs: [[2, 3, 4, 5]], more: (g) => [g.constant(float32([4], [1, 1, 2, 2]))], opset: 9 },
  {
    operator: "Upsample",
    inputs: [[1, 2, 3, 3]],
    attributes: { mode: string("linear"), scales: { floats: [1, 1, 2, 2] } },
    opset: 7,
  },
];

test.each(cases)("$operator $note $opset $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});
