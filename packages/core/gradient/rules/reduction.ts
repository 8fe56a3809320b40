/** @file Gradients of reductions. */
import { attributeInt } from "../../onnx/index.ts";
import { always, axisOf, range, type Rule, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";

/** The axes that the node reduces, from 0. */
function reducedAxes(c: RuleContext): number[] {
  const rank = c.dims(c.I(0)).length;
  if (c.I(1) === "") return attributeInt(c.node, "noop_with_empty_axes", 0) ? [] : range(rank);
  const given = c.constant(c.I(1));
  if (given === undefined) throw c.refuse("expected constant axes");
  if (given.length === 0) return attributeInt(c.node, "noop_with_empty_axes", 0) ? [] : range(rank);
  return given.map((axis) => axisOf(axis, rank));
}

/** A tensor of the output's shape, with the reduced axes kept as ones. */
function kept(c: RuleContext, x: string): string {
  const axes = reducedAxes(c);
  return attributeInt(c.node, "keepdims", 1) === 1 || axes.length === 0 ? x : c.g.unsqueeze(x, axes);
}

/** dx = f(x, y, dy), where y and dy broadcast along the reduced axes. */
function reduced(of: (m: Algebra, x: string, y: string, dy: string, c: RuleContext) => string): Rule {
  return (c) => [of(algebra(c), c.I(0), kept(c, c.O(0)), kept(c, c.GO(0)), c)];
}

/** Where several elements are the extremum they share the gradient. */
const extremum = reduced((m, x, y, dy, c) => {
  const hit = m.where(m.equal(x, y), 1, 0);
  const axes = reducedAxes(c);
  return m.mul(hit, m.div(dy, axes.length === 0 ? 1 : c.g.reduceSum(hit, axes, true)));
});

/** The product of the others: y / x, and where x is the only zero the product of the rest. */
const product = reduced((m, x, _y, dy, c) => {
  const axes = reducedAxes(c);
  if (axes.length === 0) return dy;
  const zero = m.equal(x, 0);
  const zeros = c.g.reduceSum(m.where(zero, 1, 0), axes, true);
  const filled = m.where(zero, 1, x);
  const rest = c.g.op("ReduceProd", [filled, c.g.ints(axes)], { keepdims: { int: 1 } });
  const none = m.where(m.equal(zeros, 0), m.div(rest, filled), 0);
  return m.mul(dy, m.where(zero, m.where(m.equal(zeros, 1), rest, 0), none));
});

export const reduction: RuleTable = {
  ReduceSum: always((c) => [c.g.expandLike(kept(c, c.GO(0)), c.I(0))]),
  // The count may depend on what is fed, so it is taken from the sizes at run time.
  ReduceMean: always((c) => {
    const { g } = c;
    const counts = reducedAxes(c).map((axis) => c.fixed(c.I(0))[axis]);
    const count = counts.includes(undefined)
      ? g.op("CastLike", [g.op("Div", [g.op("Size", [c.I(0)]), g.op("Size", [c.O(0)])]), c.GO(0)])
      : c.scalar(counts.reduce<number>((a, b) => a * b!, 1));
    return [g.expandLike(g.op("Div", [kept(c, c.GO(0)), count]), c.I(0))];
  }),
  ReduceMax: always(extremum),
  ReduceMin: always(extremum),
  ReduceProd: always(product),
  ReduceL1: always(reduced((m, x, _, dy) => m.mul(dy, m.of("Sign", x)))),
  // y = sqrt(sum x^2);  dx = dy x / y, 0 at 0
  ReduceL2: always(reduced((m, x, y, dy) => m.mul(x, m.where(m.greater(y, 0), m.div(dy, y), 0)))),
  // y = ln(sum x);  dx = dy / e^y
  ReduceLogSum: always(reduced((m, x, y, dy, c) => c.g.expandLike(m.mul(dy, m.of("Exp", m.of("Neg", y))), x))),
  ReduceLogSumExp: always(reduced((m, x, y, dy) => m.mul(dy, m.of("Exp", m.sub(x, y))))),
  ReduceSumSquare: always(reduced((m, x, _, dy) => m.mul(dy, x, 2))),
};
