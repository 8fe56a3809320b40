/** @file Gradients of elementwise arithmetic. y = f(a, b); the driver undoes broadcasting. */
import { attributeFloat, attributeInt } from "../../onnx/index.ts";
import { always, broadcasting, type Rule, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";

/** dx = dy f'(x), with x and y = f(x) at hand. */
function derivative(of: (m: Algebra, x: string, y: string) => string): Rule {
  return (c) => {
    const m = algebra(c);
    return [m.mul(c.GO(0), of(m, c.I(0), c.O(0)))];
  };
}

/** da = dy b a^(b-1), 0 where b = 0;  db = dy y ln a, 0 where a <= 0 */
function pow(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const dy = c.GO(0);
  const [a, exponent] = [c.I(0), c.I(1)];
  if (c.single(exponent) === 2) return [c.needs(0) ? m.mul(dy, a, 2) : undefined];
  const own = c.type(a);
  const b = c.type(exponent) === own ? exponent : g.cast(exponent, own);
  let da: string | undefined;
  if (c.needs(0)) {
    const slope = m.mul(b, m.pow(a, m.sub(b, 1)));
    const never = c.single(exponent);
    da = m.mul(dy, never !== undefined && never !== 0 ? slope : m.where(m.equal(b, 0), 0, slope));
  }
  const float = c.type(exponent) === own;
  return [da, c.needs(1) && float ? m.mul(dy, m.where(m.greater(a, 0), m.mul(c.O(0), m.of("Log", a)), 0)) : undefined];
}

/** The gradient goes to the input that is the extremum; to the first of several. */
function extremum(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  let before: string | undefined;
  return c.node.input.map((name, i) => {
    const equal = m.equal(name, c.O(0));
    const first = before === undefined ? equal : g.op("And", [equal, g.op("Not", [before])]);
    before = before === undefined ? equal : g.op("Or", [before, equal]);
    return c.needs(i) ? m.where(first, c.GO(0), 0) : undefined;
  });
}

/** Products of quantised numbers, whose results are cast to real ones. */
const quantised = new Set(["ConvInteger", "MatMulInteger"]);

/** A cast between floating types passes the gradient, cast back; integers have none but for products of quantised numbers. */
function cast(c: RuleContext): (string | undefined)[] {
  const from = c.type(c.I(0));
  const maker = /float/.test(from) ? undefined : c.g.model.graph!.node.find(({ output }) => output[0] === c.I(0));
  if (maker && quantised.has(maker.opType)) return [c.GO(0)];
  if (!/float/.test(from) || !/float/.test(c.type(c.O(0)))) return [undefined];
  return [c.g.cast(c.GO(0), from)];
}

/** In inference a dropout passes its input on; in training y = x mask / (1 - ratio). */
function dropout(c: RuleContext): (string | undefined)[] {
  if (c.I(2) === "" || c.constant(c.I(2))?.[0] === 0) return [c.GO(0)];
  if (c.constant(c.I(2)) === undefined) throw c.refuse("expected a constant training_mode");
  const m = algebra(c);
  const ratio = c.I(1) === "" ? 0.5 : c.I(1);
  return [m.where(c.addOutput(1), m.div(c.GO(0), m.sub(1, ratio)), 0)];
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
  // y = a - b trunc(a / b), with fmod = 1; trunc(a / b) = (a - y) / b
  Mod: broadcasting((c) => {
    if (attributeInt(c.node, "fmod", 0) === 0) throw c.refuse("only fmod = 1 takes floating numbers");
    const m = algebra(c);
    const whole = (): string => m.of("Round", m.div(m.sub(c.I(0), c.O(0)), c.I(1)));
    return [c.GO(0), c.needs(1) ? m.of("Neg", m.mul(c.GO(0), whole())) : undefined];
  }),
  Pow: broadcasting(pow),
  // y = sum of the inputs
  Sum: broadcasting((c) => c.node.input.map(() => c.GO(0))),
  Mean: broadcasting((c) => {
    const share = algebra(c).div(c.GO(0), c.node.input.length);
    return c.node.input.map(() => share);
  }),
  Max: broadcasting(extremum),
  Min: broadcasting(extremum),
  Neg: always((c) => [c.g.op("Neg", [c.GO(0)])]),
  // y = sqrt x;  dx = dy / 2y
  Sqrt: always((c) => [c.g.op("Div", [c.GO(0), algebra(c).mul(c.O(0), 2)])]),
  // y = e^x
  Exp: always(derivative((_, _x, y) => y)),
  // y = ln x
  Log: always((c) => [c.g.op("Div", [c.GO(0), c.I(0)])]),
  // y = 1 / x;  dx = -dy y^2
  Reciprocal: always(derivative((m, _, y) => m.of("Neg", m.mul(y, y)))),
  Abs: always(derivative((m, x) => m.of("Sign", x))),
  // y = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x
  Erf: always(derivative((m, x) => m.mul(m.of("Exp", m.of("Neg", m.mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  Sin: always(derivative((m, x) => m.of("Cos", x))),
  Cos: always(derivative((m, x) => m.of("Neg", m.of("Sin", x)))),
  Tan: always(derivative((m, _, y) => m.add(m.mul(y, y), 1))),
  Asin: always((c) => [algebra(c).div(c.GO(0), circle(c))]),
  Acos: always((c) => [algebra(c).of("Neg", algebra(c).div(c.GO(0), circle(c)))]),
  // y' = 1 / (1 + x^2)
  Atan: always((c) => {
    const m = algebra(c);
    return [m.div(c.GO(0), m.add(m.mul(c.I(0), c.I(0)), 1))];
  }),
  // cosh x = (e^x + e^-x) / 2
  Sinh: always(derivative((m, x) => hyperbolic(m, x, "add"))),
  Cosh: always(derivative((m, x) => hyperbolic(m, x, "sub"))),
  // y' = 1 / sqrt(x^2 + 1)
  Asinh: always((c) => {
    const m = algebra(c);
    return [m.div(c.GO(0), m.of("Sqrt", m.add(m.mul(c.I(0), c.I(0)), 1)))];
  }),
  // y' = 1 / sqrt(x^2 - 1)
  Acosh: always((c) => {
    const m = algebra(c);
    return [m.div(c.GO(0), m.of("Sqrt", m.sub(m.mul(c.I(0), c.I(0)), 1)))];
  }),
  // y' = 1 / (1 - x^2)
  Atanh: always((c) => {
    const m = algebra(c);
    return [m.div(c.GO(0), m.sub(1, m.mul(c.I(0), c.I(0))))];
  }),
  Identity: always((c) => [c.GO(0)]),
  Dropout: always(dropout),
  Cast: always(cast),
  CastLike: always(cast),
  // y = c ? a : b
  Where: broadcasting((c) => [
    undefined,
    c.needs(1) ? algebra(c).where(c.I(0), c.GO(0), 0) : undefined,
    c.needs(2) ? algebra(c).where(c.I(0), 0, c.GO(0)) : undefined,
  ]),
  // The sum from one end on has the sum from the other end as its gradient.
  CumSum: always((c) => [
    c.g.op("CumSum", [c.GO(0), c.I(1)], {
      exclusive: { int: attributeInt(c.node, "exclusive", 0) },
      reverse: { int: 1 - attributeInt(c.node, "reverse", 0) },
    }),
  ]),
  // y = x - bias sign x where |x| > lambd, else 0
  Shrink: always((c) => {
    const m = algebra(c);
    const outside = m.greater(m.of("Abs", c.I(0)), attributeFloat(c.node, "lambd", 0.5));
    return [m.where(outside, c.GO(0), 0)];
  }),
};

/** sqrt(1 - x^2) */
function circle(c: RuleContext): string {
  const m = algebra(c);
  return m.of("Sqrt", m.sub(1, m.mul(c.I(0), c.I(0))));
}

function hyperbolic(m: Algebra, x: string, combine: "add" | "sub"): string {
  return m.mul(m[combine](m.of("Exp", x), m.of("Exp", m.of("Neg", x))), 0.5);
}
