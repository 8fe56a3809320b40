import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const products = [
  [
    [3, 4],
    [4, 2],
  ],
  [
    [2, 3, 4],
    [4, 2],
  ],
  [
    [2, 1, 3, 4],
    [5, 4, 2],
  ],
  [
    [2, 3, 4],
    [2, 4, 2],
  ],
  [
    [3, 4],
    [2, 4, 2],
  ],
  [[4], [4, 2]],
  [[3, 4], [4]],
  [[2, 3, 4], [4]],
  [[4], [2, 4, 3]],
  [[4], [4]],
];
const einsums: [string, number[][]][] = [
  [
    "ij,jk->ik",
    [
      [2, 3],
      [3, 4],
    ],
  ],
  [
    "bij,bjk",
    [
      [2, 2, 3],
      [2, 3, 4],
    ],
  ],
  [
    "bhid,bhjd->bhij",
    [
      [1, 2, 3, 4],
      [1, 2, 5, 4],
    ],
  ],
  [
    "...ij,...jk->...ik",
    [
      [2, 2, 3],
      [2, 3, 4],
    ],
  ],
  ["ij->i", [[2, 3]]],
  ["ij,j->ji", [[2, 3], [3]]],
  ["i,j->ij", [[2], [3]]],
];
const cases: OperatorCase[] = [
  ...products.map((inputs): OperatorCase => ({ operator: "MatMul", inputs })),
  ...[0, 1].flatMap((transA) =>
    [0, 1].flatMap((transB) =>
      [[2], [3, 1], [1, 1], [3, 2], []].map((bias): OperatorCase => ({
        operator: "Gemm",
        inputs: [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2], bias],
        attributes: {
          transA: { int: transA },
          transB: { int: transB },
          alpha: { float: 0.5 },
          beta: { float: 2 },
        },
      })),
    ),
  ),
  {
    operator: "Gemm",
    inputs: [
      [3, 4],
      [4, 2],
    ],
    note: "no bias",
  },
  ...einsums.map(([equation, inputs]): OperatorCase => ({
    operator: "Einsum",
    inputs,
    attributes: { equation: { string: equation } },
    note: equation,
  })),
];

test.each(cases)("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
