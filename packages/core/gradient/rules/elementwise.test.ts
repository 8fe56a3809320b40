import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const unary = (operator: string, range?: [number, number], more: Partial<OperatorCase> = {}): OperatorCase => ({
  operator,
  inputs: [[2, 5]],
  ...(range && { range }),
  ...more,
});
const only32 = { only32: true } as const;

const cases: OperatorCase[] = [
  {
    operator: "Add",
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  { operator: "Add", inputs: [[], [2, 3]], note: "scalar" },
  {
    operator: "Sub",
    inputs: [
      [3, 1],
      [2, 3, 4],
    ],
  },
  { operator: "Mul", inputs: [[2, 3, 4], [4]] },
  {
    operator: "Mul",
    inputs: [
      [2, 1, 4],
      [1, 3, 1],
    ],
  },
  {
    operator: "Div",
    inputs: [
      [2, 3],
      [2, 3],
    ],
    range: [1, 2],
  },
  { operator: "Div", inputs: [[2, 3], [1]], range: [1, 2] },
  { operator: "Mod", inputs: [[2, 3], [3]], range: [2.1, 3.9], attributes: { fmod: { int: 1 } }, step: 1e-3 },
  {
    operator: "Pow",
    inputs: [
      [2, 3],
      [1, 3],
    ],
    range: [1, 2],
  },
  { operator: "Pow", inputs: [[2, 3]], more: (g) => [g.ints([3])], note: "int64 exponent" },
  { operator: "Pow", inputs: [[2, 3]], more: (g) => [g.ints([2])], note: "square" },
  { operator: "Pow", inputs: [[2, 3]], more: (g) => [g.ints([0, 1, 2])], note: "zeroth power" },
  { operator: "Sum", inputs: [[2, 3], [3], [1, 1]] },
  { operator: "Sum", inputs: [[2, 3]] },
  { operator: "Max", inputs: [[2, 3], [3], [2, 1]], step: 1e-3 },
  { operator: "Min", inputs: [[2, 3], [3]], step: 1e-3 },
  unary("Neg"),
  unary("Sqrt", [1, 2]),
  unary("Exp"),
  unary("Log", [1, 2]),
  unary("Reciprocal", [1, 2]),
  unary("Abs", [-2, -1]),
  unary("Abs", [1, 2]),
  unary("Erf", undefined, only32),
  unary("Sin"),
  unary("Cos"),
  unary("Tan", undefined, only32),
  unary("Asin", [-0.8, 0.8], only32),
  unary("Acos", [-0.8, 0.8], only32),
  unary("Atan", undefined, only32),
  unary("Sinh", undefined, only32),
  unary("Cosh", undefined, only32),
  unary("Asinh", undefined, only32),
  unary("Acosh", [1.5, 2.5], only32),
  unary("Atanh", [-0.8, 0.8], only32),
  unary("Identity"),
  unary("Dropout"),
  unary("Dropout", undefined, { opset: 9, attributes: { ratio: { float: 0.3 } } }),
  unary("Shrink", [1, 2], { attributes: { lambd: { float: 0.5 }, bias: { float: 0.5 } } }),
  unary("Shrink", [-0.4, 0.4]),
  { operator: "Identity", inputs: [[0, 3]], note: "empty" },
  { operator: "Add", inputs: [[0, 3], [3]], note: "empty" },
  {
    operator: "Where",
    inputs: [[2, 3], [3]],
    more: (g) => [g.cast(g.ints([1, 0, 1]), "bool")],
    order: ([a, b], [condition]) => [condition!, a!, b!],
  },
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse): OperatorCase => ({
      operator: "CumSum",
      inputs: [[2, 4]],
      more: (g) => [g.constant({ type: "int64", dims: [], data: BigInt64Array.of(1n) })],
      attributes: { exclusive: { int: exclusive }, reverse: { int: reverse } },
    })),
  ),
  {
    operator: "CastLike",
    inputs: [[2, 3]],
    more: (g, type) => [type === "float32" ? g.scalar(0) : g.cast(g.scalar(0), "float64")],
  },
];

test.each(cases)("$operator $note $inputs $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
