import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const only32 = { only32: true } as const;
const sides = (operator: string, more: Partial<OperatorCase> = {}): OperatorCase[] =>
  [[0.3, 2] as const, [-2, -0.3] as const].map(([from, to]) =>
    Object.assign({ operator, inputs: [[2, 7]], range: [from, to] }, more),
  );
const alpha = { alpha: { float: 0.3 } };

const cases: OperatorCase[] = [
  ...sides("Relu"),
  ...sides("LeakyRelu", { attributes: alpha, ...only32 }),
  ...sides("Elu", { attributes: alpha, ...only32 }),
  ...sides("Celu", { attributes: alpha, ...only32 }),
  ...sides("Selu", only32),
  ...sides("Selu", { attributes: { alpha: { float: 1.5 }, gamma: { float: 1.2 } }, ...only32 }),
  ...sides("ThresholdedRelu", { attributes: { alpha: { float: 0.1 } }, ...only32 }),
  ...sides("Sigmoid"),
  ...sides("HardSigmoid", { attributes: { alpha: { float: 0.2 }, beta: { float: 0.5 } }, ...only32 }),
  ...sides("HardSwish", only32),
  { operator: "HardSwish", inputs: [[7]], range: [3.1, 4], ...only32 },
  { operator: "HardSwish", inputs: [[7]], range: [-4, -3.1], ...only32 },
  ...sides("Tanh"),
  ...sides("Softplus", only32),
  ...sides("Softsign", only32),
  ...sides("Mish", only32),
  ...["none", "tanh"].map((approximate): OperatorCase => ({
    operator: "Gelu",
    inputs: [[2, 7]],
    range: [-2, 2],
    opset: 20,
    attributes: { approximate: { string: approximate } },
    only32: true,
  })),
  { operator: "Gelu", inputs: [[7]], domain: "com.microsoft", range: [-2, 2], ...only32 },
  { operator: "QuickGelu", inputs: [[7]], domain: "com.microsoft", range: [-2, 2], ...only32 },
  { operator: "BiasGelu", inputs: [[2, 7], [7]], domain: "com.microsoft", ...only32 },
  { operator: "FastGelu", inputs: [[2, 7], [7]], domain: "com.microsoft", ...only32 },
  { operator: "FastGelu", inputs: [[2, 7]], domain: "com.microsoft", ...only32 },
  {
    operator: "PRelu",
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
    range: [0.3, 2],
  },
  {
    operator: "PRelu",
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
    range: [-2, -0.3],
  },
  { operator: "Softmax", inputs: [[2, 5]] },
  { operator: "Softmax", inputs: [[2, 3, 4]], attributes: { axis: { int: 1 } } },
  { operator: "Softmax", inputs: [[2, 3, 4]], attributes: { axis: { int: 1 } }, opset: 11 },
  { operator: "Softmax", inputs: [[2, 3, 4]], attributes: { axis: { int: 2 } }, opset: 9 },
  { operator: "Softmax", inputs: [[2, 3, 1, 1]], opset: 9 },
  { operator: "LogSoftmax", inputs: [[2, 5]] },
  { operator: "LogSoftmax", inputs: [[2, 3, 4]], attributes: { axis: { int: 0 } } },
  { operator: "LogSoftmax", inputs: [[2, 3, 4]], opset: 11 },
  { operator: "Clip", inputs: [[2, 5]], opset: 9, attributes: { min: { float: -2 }, max: { float: 2 } }, ...only32 },
  { operator: "Clip", inputs: [[2, 5]], opset: 9, attributes: { max: { float: -2 } }, note: "binds", ...only32 },
  { operator: "Clip", inputs: [[2, 5]], note: "no bounds" },
  { operator: "Clip", inputs: [[2, 5], []], range: [-2, 0], more: () => [], note: "bound", step: 2e-3, ...only32 },
];

test.each(cases)("$domain $operator $note $inputs $range $attributes", async (one) => {
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
  if (!one.only32) expect(await operatorError(one, "float64")).toBeLessThan(tolerance.float64);
});
