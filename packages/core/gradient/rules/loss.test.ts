import { expect, test } from "vitest";
import type { GraphBuilder } from "../../onnx/index.ts";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";
import { float32, int64 } from "../../tensor/index.ts";

const cases: OperatorCase[] = ["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"].flatMap((operator) =>
  ["mean", "sum", "none"].flatMap((reduction) =>
    [false, true].flatMap((weighted) =>
      [undefined, 2].map((ignored): OperatorCase => ({
        operator,
        inputs: [[4, 3]],
        more: (g: GraphBuilder) => [
          g.constant(int64([4], [0, 2, 1, 0])),
          ...(weighted ? [g.constant(float32([3], [1, 2, 0.5]))] : []),
        ],
        attributes: {
          reduction: { string: reduction },
          ...(ignored !== undefined && { ignore_index: { int: ignored } }),
        },
        note: weighted ? "weighted" : "",
      })),
    ),
  ),
);

test.each(cases)("$operator $note $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});

test("losses over positions", async () => {
  const one: OperatorCase = {
    operator: "SoftmaxCrossEntropyLoss",
    inputs: [[2, 3, 2]],
    more: (g) => [g.constant(int64([2, 2], [0, 2, 1, 0]))],
  };
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});
