/** @file Gradients of elementwise arithmetic. y = f(a, b); the driver undoes broadcasting. */
import { always, broadcasting, type Rule, type RuleTable } from "../rule.ts";

/** dx = dy * f'(x), the derivative given as a tensor. */
function derivative(of: (c: Parameters<Rule>[0]) => string): Rule {
  return (c) => [c.g.op("Mul", [c.GO(0), of(c)])];
}

export const elementwise: RuleTable = {
  // y = a + b
  Add: broadcasting((c) => [c.GO(0), c.GO(0)]),
  // y = a - b
  Sub: broadcasting((c) => [c.GO(0), c.needs(1) ? c.g.op("Neg", [c.GO(0)]) : undefined]),
  // y = a b
  Mul: broadcasting((c) => [
    c.needs(0) ? c.g.op("Mul", [c.GO(0), c.I(1)]) : undefined,
    c.needs(1) ? c.g.op("Mul", [c.GO(0), c.I(0)]) : undefined,
  ]),
  // y = a / b;  db = -dy y / b
  Div: broadcasting((c) => [
    c.needs(0) ? c.g.op("Div", [c.GO(0), c.I(1)]) : undefined,
    c.needs(1) ? c.g.op("Neg", [c.g.op("Div", [c.g.op("Mul", [c.GO(0), c.O(0)]), c.I(1)])]) : undefined,
  ]),
  // y = a^b;  da = dy b a^(b-1);  db = dy y ln a
  Pow: broadcasting((c) => {
    const less = c.needs(0) ? c.g.op("Sub", [c.I(1), c.g.scalar(1)]) : "";
    return [
      c.needs(0) ? c.g.op("Mul", [c.GO(0), c.g.op("Mul", [c.I(1), c.g.op("Pow", [c.I(0), less])])]) : undefined,
      c.needs(1) ? c.g.op("Mul", [c.GO(0), c.g.op("Mul", [c.O(0), c.g.op("Log", [c.I(0)])])]) : undefined,
    ];
  }),
  // y = sum of the inputs
  Sum: broadcasting((c) => c.node.input.map(() => c.GO(0))),
  Neg: always((c) => [c.g.op("Neg", [c.GO(0)])]),
  // y = sqrt x;  dx = dy / 2y
  Sqrt: always((c) => [c.g.op("Div", [c.GO(0), c.g.op("Mul", [c.O(0), c.g.scalar(2)])])]),
  // y = e^x
  Exp: always(derivative((c) => c.O(0))),
  // y = ln x
  Log: always((c) => [c.g.op("Div", [c.GO(0), c.I(0)])]),
  // y = 1 / x;  dx = -dy y^2
  Reciprocal: always((c) => [c.g.op("Neg", [c.g.op("Mul", [c.GO(0), c.g.op("Mul", [c.O(0), c.O(0)])])])]),
  Abs: always(derivative((c) => c.g.op("Sign", [c.I(0)]))),
  Identity: always((c) => [c.GO(0)]),
  // In inference a dropout passes its input on.
  Dropout: always((c) => [c.GO(0)]),
  // y = c ? a : b
  Where: broadcasting((c) => [
    undefined,
    c.needs(1) ? c.g.op("Where", [c.I(0), c.GO(0), c.g.scalar(0)]) : undefined,
    c.needs(2) ? c.g.op("Where", [c.I(0), c.g.scalar(0), c.GO(0)]) : undefined,
  ]),
};
