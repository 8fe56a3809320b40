import { expect, test } from "vitest";
import { operatorRows, operators, operatorTable } from "./operators.ts";
import { rules } from "./rules/index.ts";

test("the table in the documentation is the registry's", async () => {
  await expect(operatorTable()).toMatchFileSnapshot("../../../docs/operators.md");
});

test("every rule is for an operator that exists", () => {
  const unknown = Object.keys(rules).filter((name) => !Object.hasOwn(operators, name));
  expect(unknown).toEqual(["SimplifiedLayerNormalization"]);
});

test("operators without a gradient are said to have none", () => {
  const stateOf = (name: string) => operatorRows().find(({ operator }) => operator === name)!.state;
  expect(stateOf("Relu")).toBe("rule");
  expect(stateOf("Floor")).toBe("zero");
  expect(stateOf("Loop")).toMatch(/^not differentiable/);
  expect(stateOf("STFT")).toBe("missing");
});
