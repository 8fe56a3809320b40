import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const domain = "ai.onnx.ml";
const weights = [0.5, -1, 2, 0.3, 0.7, -0.2, 1, 1.5, -0.6];
const labels = { ints: [0, 1, 2] };

const cases: OperatorCase[] = [
  {
    operator: "Scaler",
    inputs: [[2, 3]],
    attributes: { offset: { floats: [1, 2, 3] }, scale: { floats: [2, 0.5, -1] } },
  },
  { operator: "Normalizer", inputs: [[2, 3]], attributes: { norm: { string: "L1" } }, range: [0.2, 1] },
  { operator: "Normalizer", inputs: [[2, 3]], attributes: { norm: { string: "L2" } }, range: [0.2, 1] },
  {
    operator: "LinearRegressor",
    inputs: [[2, 3]],
    attributes: { coefficients: { floats: weights }, intercepts: { floats: [1, 2, 3] }, targets: { int: 3 } },
  },
  ...["NONE", "SOFTMAX", "LOGISTIC"].map((after): OperatorCase => ({
    operator: "LinearClassifier",
    inputs: [[2, 3]],
    attributes: {
      coefficients: { floats: weights },
      intercepts: { floats: [0.1, 0.2, 0.3] },
      classlabels_ints: labels,
      post_transform: { string: after },
    },
    outputs: 2,
    read: 1,
  })),
  {
    operator: "ArrayFeatureExtractor",
    inputs: [[2, 4]],
    more: (g) => [g.ints([3, 1, 3])],
  },
];

test.each(cases)("$operator $attributes", async (one) => {
  expect(await operatorError({ ...one, domain }, "float32")).toBeLessThan(tolerance.float32);
});
