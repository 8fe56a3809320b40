/** @file The table of all gradient rules, by operator. */
import { always, type RuleRow, type RuleTable } from "../rule.ts";
import { activation } from "./activation.ts";
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { matrix } from "./matrix.ts";
import { normalisation } from "./normalisation.ts";
import { pooling } from "./pooling.ts";
import { reduction } from "./reduction.ts";
import { shape } from "./shape.ts";

/** Operators whose outputs do not change with small changes of the inputs. */
const piecewiseConstant: RuleTable = Object.fromEntries(
  ["ArgMax", "ArgMin", "Ceil", "Equal", "Floor", "Greater", "Less", "Not", "Round", "Sign", "ConstantOfShape"].map(
    (operator): [string, RuleRow[]] => [operator, always("zero")],
  ),
);

export const rules: RuleTable = {
  ...activation,
  ...convolution,
  ...elementwise,
  ...matrix,
  ...normalisation,
  ...piecewiseConstant,
  ...pooling,
  ...reduction,
  ...shape,
};

/** The row for an operator of ONNX's own domain at a model's opset: the newest that the opset allows. */
export function ruleFor(domain: string, operator: string, opset: number): RuleRow | undefined {
  if (domain !== "" && domain !== "ai.onnx") return undefined;
  return rules[operator]?.find(({ since }) => since <= opset);
}
