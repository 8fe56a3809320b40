/** @file Gradients of activations. At a kink the slope on its left counts, so ReLU's is 0 at 0, as elsewhere. */
import { attributeFloat, attributeInt, attributeString } from "../../onnx/index.ts";
import { always, broadcasting, range, type Rule, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";

/** dy where the condition holds, else 0. */
function passWhere(c: RuleContext, condition: string): string {
  return algebra(c).where(condition, c.GO(0), 0);
}

/** y = softmax x along an axis;  dx = y (dy - sum dy y) */
function softmax(c: RuleContext): string[] {
  const { g } = c;
  const weighted = g.op("Mul", [c.GO(0), c.O(0)]);
  const axis = attributeInt(c.node, "axis", -1);
  return [g.op("Sub", [weighted, g.op("Mul", [c.O(0), g.reduceSum(weighted, [axis], true)])])];
}

/** y = log softmax x;  dx = dy - e^y sum dy */
function logSoftmax(c: RuleContext): string[] {
  const { g } = c;
  const sum = g.reduceSum(c.GO(0), [attributeInt(c.node, "axis", -1)], true);
  return [g.op("Sub", [c.GO(0), g.op("Mul", [g.op("Exp", [c.O(0)]), sum])])];
}

/** dx = dy where x > 0, else dy times another slope. */
function leftSlope(of: (m: Algebra, c: RuleContext) => string | number): Rule {
  return (c) => {
    const m = algebra(c);
    return [m.where(m.greater(c.I(0), 0), c.GO(0), m.mul(c.GO(0), of(m, c)))];
  };
}

/** dx = dy f'(x) */
function slope(of: (m: Algebra, x: string, c: RuleContext) => string): Rule {
  return (c) => {
    const m = algebra(c);
    return [m.mul(c.GO(0), of(m, c.I(0), c))];
  };
}

/** y = x P(x) with P the normal distribution function;  y' = P(x) + x p(x) */
function gelu(m: Algebra, x: string): string {
  const p = m.mul(m.of("Exp", m.mul(x, x, -0.5)), 1 / Math.sqrt(2 * Math.PI));
  const P = m.mul(m.add(m.of("Erf", m.mul(x, Math.SQRT1_2)), 1), 0.5);
  return m.add(P, m.mul(x, p));
}

/** y = x (1 + t) / 2 with t = tanh(k (x + a x^3));  y' = (1 + t) / 2 + x (1 - t^2) k (1 + 3 a x^2) / 2 */
function geluTanh(m: Algebra, x: string): string {
  const k = Math.sqrt(2 / Math.PI);
  const a = 0.044715;
  const square = m.mul(x, x);
  const t = m.of("Tanh", m.mul(x, m.add(m.mul(square, a * k), k)));
  const inner = m.add(m.mul(square, 1.5 * a * k), k / 2);
  return m.add(m.mul(m.add(t, 1), 0.5), m.mul(x, m.sub(1, m.mul(t, t)), inner));
}

/** y = x s(a x), s the sigmoid;  y' = s + a x s (1 - s) */
export function swish(m: Algebra, x: string, alpha: number): string {
  const scaled = alpha === 1 ? x : m.mul(x, alpha);
  const s = m.of("Sigmoid", scaled);
  return m.mul(s, m.add(m.mul(scaled, m.sub(1, s)), 1));
}

/** Where the bounds do not bind, the output equals the input; where one binds, the gradient is the bound's. */
function clip(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const axes = range(c.dims(c.I(0)).length);
  const bound = (condition: string): string =>
    axes.length === 0 ? passWhere(c, condition) : g.reduceSum(passWhere(c, condition), axes, false);
  return [
    c.needs(0) ? passWhere(c, m.equal(c.O(0), c.I(0))) : undefined,
    c.needs(1) ? bound(m.less(c.I(0), c.I(1))) : undefined,
    c.needs(2) ? bound(m.greater(c.I(0), c.I(2))) : undefined,
  ];
}

/** The largest float32. Any normal number times it is above 1. */
export const huge = 3.4028234663852886e38;

/**
 * dx = dy where y > 0, as a product with a mask of ones and zeros, which engines compute several times faster than a
 * choice. The mask of a y that is no less than 0 is the smaller of huge y and 1: one pass that vector units can do.
 */
function relu(c: RuleContext): string[] {
  const m = algebra(c);
  const single = c.type(c.O(0)) === "float32";
  const mask = single
    ? c.g.op("HardSigmoid", [c.O(0)], { alpha: { float: huge }, beta: { float: 0 } })
    : m.of("Sign", c.O(0));
  return [m.mul(c.GO(0), mask)];
}

export const activation: RuleTable = {
  Relu: always(relu),
  LeakyRelu: always(leftSlope((_, { node }) => attributeFloat(node, "alpha", 0.01))),
  // y = alpha (e^x - 1) on the left;  y' = y + alpha
  Elu: always(leftSlope((m, c) => m.add(c.O(0), attributeFloat(c.node, "alpha", 1)))),
  // y = alpha (e^(x/alpha) - 1) on the left
  Celu: always(leftSlope((m, c) => m.of("Exp", m.div(c.I(0), attributeFloat(c.node, "alpha", 1))))),
  // y = gamma x on the right, gamma alpha (e^x - 1) on the left
  Selu: always((c) => {
    const m = algebra(c);
    const gamma = attributeFloat(c.node, "gamma", 1.0507009873554805);
    const alpha = attributeFloat(c.node, "alpha", 1.6732632423543772);
    return [m.mul(c.GO(0), m.where(m.greater(c.I(0), 0), gamma, m.add(c.O(0), gamma * alpha)))];
  }),
  // y = x, or slope x where x < 0; the slope broadcasts
  PRelu: broadcasting((c) => {
    const m = algebra(c);
    const left = m.less(c.I(0), 0);
    return [
      c.needs(0) ? m.where(left, m.mul(c.GO(0), c.I(1)), c.GO(0)) : undefined,
      c.needs(1) ? m.where(left, m.mul(c.GO(0), c.I(0)), 0) : undefined,
    ];
  }),
  ThresholdedRelu: always((c) => [passWhere(c, algebra(c).greater(c.I(0), attributeFloat(c.node, "alpha", 1)))]),
  // y = 1 / (1 + e^-x);  dx = dy y (1 - y)
  Sigmoid: always((c) => {
    const m = algebra(c);
    return [m.mul(c.GO(0), m.mul(c.O(0), m.sub(1, c.O(0))))];
  }),
  // y = alpha x + beta between 0 and 1
  HardSigmoid: always((c) => {
    const m = algebra(c);
    const inside = c.g.op("And", [m.greater(c.O(0), 0), m.less(c.O(0), 1)]);
    return [m.where(inside, m.mul(c.GO(0), attributeFloat(c.node, "alpha", 0.2)), 0)];
  }),
  // y = x between 0 and 1 of (x / 6 + 1/2);  y' = x / 3 + 1/2 for |x| < 3
  HardSwish: always((c) => {
    const m = algebra(c);
    const x = c.I(0);
    const middle = m.mul(c.GO(0), m.add(m.mul(x, 1 / 3), 0.5));
    return [m.where(m.less(m.of("Abs", x), 3), middle, m.where(m.greater(x, 0), c.GO(0), 0))];
  }),
  // y = tanh x;  dx = dy (1 - y^2)
  Tanh: always((c) => {
    const m = algebra(c);
    return [m.mul(c.GO(0), m.sub(1, m.mul(c.O(0), c.O(0))))];
  }),
  // y = ln(1 + e^x)
  Softplus: always(slope((m, x) => m.of("Sigmoid", x))),
  // y = x / (1 + |x|);  y' = 1 / (1 + |x|)^2
  Softsign: always(
    slope((m, x) => {
      const below = m.add(m.of("Abs", x), 1);
      return m.of("Reciprocal", m.mul(below, below));
    }),
  ),
  // y = x t with t = tanh(ln(1 + e^x));  y' = t + x s (1 - t^2), s the sigmoid
  Mish: always(
    slope((m, x) => {
      const t = m.of("Tanh", m.of("Softplus", x));
      return m.add(t, m.mul(x, m.of("Sigmoid", x), m.sub(1, m.mul(t, t))));
    }),
  ),
  Gelu: always(
    slope((m, x, { node }) => (attributeString(node, "approximate", "none") === "tanh" ? geluTanh(m, x) : gelu(m, x))),
  ),
  Swish: always(slope((m, x, { node }) => swish(m, x, attributeFloat(node, "alpha", 1)))),
  Softmax: always(softmax),
  LogSoftmax: always(logSoftmax),
  Clip: always(clip),
};

/** The same of ONNX Runtime's own operators, made when it fuses models. */
export const fusedActivation: RuleTable = {
  Gelu: always(slope(gelu)),
  QuickGelu: always(slope((m, x, { node }) => swish(m, x, attributeFloat(node, "alpha", 1.702)))),
  // y = gelu(x + b)
  BiasGelu: broadcasting((c) => biased(c, gelu)),
  FastGelu: broadcasting((c) => biased(c, geluTanh)),
};

function biased(c: RuleContext, of: (m: Algebra, x: string) => string): string[] {
  const m = algebra(c);
  const x = c.I(1) === "" ? c.I(0) : m.add(c.I(0), c.I(1));
  const dx = m.mul(c.GO(0), of(m, x));
  return [dx, dx];
}
