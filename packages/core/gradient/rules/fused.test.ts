import { expect, test } from "vitest";
import { operatorError, tolerance, type OperatorCase } from "../../testing/gradient-check.ts";

const image = [
  [2, 3, 5, 5],
  [4, 3, 3, 3],
];
const cases: [string, number[]][] = [
  ["Relu", []],
  ["LeakyRelu", [0.2]],
  ["Clip", [-0.5, 1]],
  ["HardSigmoid", [0.3, 0.5]],
  ["Sigmoid", []],
  ["Tanh", []],
];

test.each(cases)("FusedConv with %s %s", async (activation, parameters) => {
  const one: OperatorCase = {
    operator: "FusedConv",
    domain: "com.microsoft",
    inputs: [...image, [4]],
    attributes: {
      pads: { ints: [1, 1, 1, 1] },
      activation: { string: activation },
      ...(parameters.length > 0 && { activation_params: { floats: parameters } }),
    },
    step: 1e-3,
  };
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});

test("FusedConv with a sum", async () => {
  const one: OperatorCase = {
    operator: "FusedConv",
    domain: "com.microsoft",
    inputs: [...image, [4], [2, 4, 3, 3]],
    attributes: { activation: { string: "Tanh" } },
  };
  expect(await operatorError(one, "float32")).toBeLessThan(tolerance.float32);
});
