/** @file Gradients of operators that ONNX Runtime makes of several: convolutions with their activation. */
import { attributeFloats, attributeString } from "../../onnx/index.ts";
import { always, type Rule, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";
import { convolution } from "./convolution.ts";
import { quantisation } from "./quantisation.ts";

/** Slopes of activations by their value y and their parameters; undefined for the identity. */
const slopes: Readonly<Record<string, (m: Algebra, y: string, p: readonly number[]) => string>> = {
  Relu: (m, y) => m.where(m.greater(y, 0), 1, 0),
  LeakyRelu: (m, y, [alpha = 0.01]) => m.where(m.greater(y, 0), 1, alpha),
  Clip: (m, y, [low = -3.4e38, high = 3.4e38]) => m.where(m.greater(y, low), m.where(m.less(y, high), 1, 0), 0),
  HardSigmoid: (m, y, [alpha = 0.2]) => m.where(m.greater(y, 0), m.where(m.less(y, 1), alpha, 0), 0),
  Sigmoid: (m, y) => m.mul(y, m.sub(1, y)),
  Tanh: (m, y) => m.sub(1, m.mul(y, y)),
};

/** y = f(conv(x, w) + b + z) */
function fusedConv(c: RuleContext): (string | undefined)[] {
  const m = algebra(c);
  const activation = attributeString(c.node, "activation", "");
  const slope = slopes[activation];
  if (activation !== "" && !slope) throw c.refuse(`the activation ${activation} is not supported`);
  const inner = slope ? m.mul(c.GO(0), slope(m, c.O(0), attributeFloats(c.node, "activation_params") ?? [])) : c.GO(0);
  const context: RuleContext = { ...c, GO: () => inner };
  const [dx, dw, db] = (convolution.Conv![0]!.gradient as Rule)(context);
  return [dx, dw, db, c.needs(3) ? inner : undefined];
}

export const fused: RuleTable = {
  FusedConv: always(fusedConv),
  QuantizeLinear: quantisation.QuantizeLinear!,
  DequantizeLinear: quantisation.DequantizeLinear!,
};
