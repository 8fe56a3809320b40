/** @file Writing formulas as graph nodes, so that a rule reads like its algebra. */
import type { RuleContext } from "../rule.ts";

/** A tensor by name, or a number that becomes a scalar of the node's type. */
export type Term = string | number;

export interface Algebra {
  add(a: Term, b: Term): string;
  sub(a: Term, b: Term): string;
  mul(...factors: [Term, Term, ...Term[]]): string;
  div(a: Term, b: Term): string;
  pow(a: Term, b: Term): string;
  max(a: Term, b: Term): string;
  min(a: Term, b: Term): string;
  /** An operator of one input: neg("Neg"), exp, ... */
  of(operator: string, x: Term): string;
  where(condition: string, yes: Term, no: Term): string;
  greater(a: Term, b: Term): string;
  less(a: Term, b: Term): string;
  equal(a: Term, b: Term): string;
}

export function algebra(c: Pick<RuleContext, "g" | "scalar">): Algebra {
  const { g } = c;
  const t = (x: Term): string => (typeof x === "number" ? c.scalar(x) : x);
  const binary =
    (operator: string) =>
    (a: Term, b: Term): string =>
      g.op(operator, [t(a), t(b)]);
  return {
    add: binary("Add"),
    sub: binary("Sub"),
    mul: (...factors) => factors.map(t).reduce((a, b) => g.op("Mul", [a, b])),
    div: binary("Div"),
    pow: binary("Pow"),
    max: binary("Max"),
    min: binary("Min"),
    of: (operator, x) => g.op(operator, [t(x)]),
    where: (condition, yes, no) => g.op("Where", [condition, t(yes), t(no)]),
    greater: binary("Greater"),
    less: binary("Less"),
    equal: binary("Equal"),
  };
}
