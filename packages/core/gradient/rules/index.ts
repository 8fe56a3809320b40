/** @file The table of all gradient rules, by domain and operator. */
import type { RuleRow, RuleTable } from "../rule.ts";
import { activation, fusedActivation } from "./activation.ts";
import { attending, fusedAttending } from "./attention.ts";
import { classical } from "./classical.ts";
import { convolution } from "./convolution.ts";
import { deforming } from "./deform.ts";
import { elementwise } from "./elementwise.ts";
import { flat, fusedRefusals, refusals } from "./flat.ts";
import { fused } from "./fused.ts";
import { indexing } from "./indexing.ts";
import { loss } from "./loss.ts";
import { fusedMatrix, matrix } from "./matrix.ts";
import { fusedNormalisation, normalisation } from "./normalisation.ts";
import { pooling } from "./pooling.ts";
import { quantisation } from "./quantisation.ts";
import { rearranging } from "./rearrange.ts";
import { recurrent } from "./recurrent.ts";
import { reduction } from "./reduction.ts";
import { resizing } from "./resize.ts";
import { sampling } from "./sampling.ts";
import { shape } from "./shape.ts";

/** Operators of ONNX's own domain. */
export const rules: RuleTable = {
  ...activation,
  ...attending,
  ...convolution,
  ...deforming,
  ...elementwise,
  ...flat,
  ...indexing,
  ...loss,
  ...matrix,
  ...normalisation,
  ...pooling,
  ...quantisation,
  ...rearranging,
  ...recurrent,
  ...reduction,
  ...refusals,
  ...resizing,
  ...sampling,
  ...shape,
};

/** Operators that ONNX Runtime puts in when it fuses a model ("com.microsoft"). */
export const fusedRules: RuleTable = {
  ...fused,
  ...fusedActivation,
  ...fusedAttending,
  ...fusedMatrix,
  ...fusedNormalisation,
  ...fusedRefusals,
};

/** Classical models, such as scikit-learn's ("ai.onnx.ml"). */
export const classicalRules: RuleTable = classical;

const domains: Readonly<Record<string, RuleTable>> = {
  "": rules,
  "ai.onnx": rules,
  "ai.onnx.ml": classicalRules,
  "com.microsoft": fusedRules,
};

/** The row for an operator at a model's opset: the newest that the opset allows. */
export function ruleFor(domain: string, operator: string, opset: number): RuleRow | undefined {
  const table = Object.hasOwn(domains, domain) ? domains[domain]! : {};
  return Object.hasOwn(table, operator) ? table[operator]!.find(({ since }) => since <= opset) : undefined;
}
