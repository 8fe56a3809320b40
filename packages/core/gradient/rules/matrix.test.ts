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

/** ONNX Runtime's product, with transpositions and a factor. */
const fused = (["00", "01", "10", "11"] as const).flatMap((flags) =>
  [[], [2], [2, 3]].map((lead): OperatorCase => ({
    operator: "FusedMatMul",
    domain: "com.microsoft",
    inputs: [
      [...lead, ...(flags[0] === "1" ? [4, 3] : [3, 4])],
      [...lead.slice(-1), ...(flags[1] === "1" ? [2, 4] : [4, 2])],
    ],
    attributes: { transA: { int: Number(flags[0]) }, transB: { int: Number(flags[1]) }, alpha: { float: 0.5 } },
  })),
);

fused.push({
  operator: "FusedMatMul",
  domain: "com.microsoft",
  inputs: [
    [3, 2, 5, 4],
    [2, 2, 5, 4],
  ],
  attributes: { transBatchA: { int: 1 }, transBatchB: { int: 1 }, transB: { int: 1 } },
});

test.each(fused)("$operator $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});

test.each(cases)("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
