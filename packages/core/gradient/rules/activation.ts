/** @file Gradients of activations. */
import { attributeFloat, attributeInt } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";

/** dy where the condition holds, else 0. */
function passWhere(c: RuleContext, condition: string): string {
  return c.g.op("Where", [condition, c.GO(0), c.g.scalar(0)]);
}

/** y = softmax x along an axis;  dx = y (dy - sum dy y) */
function softmax(c: RuleContext, axis: number): string[] {
  const { g } = c;
  const weighted = g.op("Mul", [c.GO(0), c.O(0)]);
  return [g.op("Sub", [weighted, g.op("Mul", [c.O(0), g.reduceSum(weighted, [axis], true)])])];
}

/** y = log softmax x;  dx = dy - e^y sum dy */
function logSoftmax(c: RuleContext, axis: number): string[] {
  const { g } = c;
  return [g.op("Sub", [c.GO(0), g.op("Mul", [g.op("Exp", [c.O(0)]), g.reduceSum(c.GO(0), [axis], true)])])];
}

/** Before opset 13 the softmaxes run over all dimensions from `axis` (default 1) on; that is one axis at the last. */
function lastAxisOnly(rule: (c: RuleContext, axis: number) => string[]): (c: RuleContext) => string[] {
  return (c) => {
    const { g } = c;
    const rank = c.dims(c.I(0)).length;
    const axis = attributeInt(c.node, "axis", 1);
    const from = axis < 0 ? axis + rank : axis;
    if (from === rank - 1) return rule(c, from);
    const flat = (name: string): string => g.op("Flatten", [name], { axis: { int: from } });
    const [dx] = rule({ ...c, GO: () => flat(c.GO(0)), O: () => flat(c.O(0)) }, 1);
    return [g.reshapeLike(dx!, c.I(0))];
  };
}

export const activation: RuleTable = {
  // The gradient at 0 is 0, as in other frameworks.
  Relu: always((c) => [passWhere(c, c.g.op("Greater", [c.O(0), c.g.scalar(0)]))]),
  LeakyRelu: always((c) => {
    const { g } = c;
    const alpha = g.scalar(attributeFloat(c.node, "alpha", 0.01));
    const positive = g.op("Greater", [c.I(0), g.scalar(0)]);
    return [g.op("Where", [positive, c.GO(0), g.op("Mul", [c.GO(0), alpha])])];
  }),
  // y = 1 / (1 + e^-x);  dx = dy y (1 - y)
  Sigmoid: always((c) => {
    const { g } = c;
    return [g.op("Mul", [c.GO(0), g.op("Mul", [c.O(0), g.op("Sub", [g.scalar(1), c.O(0)])])])];
  }),
  // y = tanh x;  dx = dy (1 - y^2)
  Tanh: always((c) => {
    const { g } = c;
    return [g.op("Mul", [c.GO(0), g.op("Sub", [g.scalar(1), g.op("Mul", [c.O(0), c.O(0)])])])];
  }),
  Softmax: [
    { since: 13, gradient: (c) => softmax(c, attributeInt(c.node, "axis", -1)) },
    { since: 1, gradient: lastAxisOnly(softmax) },
  ],
  LogSoftmax: [
    { since: 13, gradient: (c) => logSoftmax(c, attributeInt(c.node, "axis", -1)) },
    { since: 1, gradient: lastAxisOnly(logSoftmax) },
  ],
  // Where the bounds do not bind, the output equals the input.
  Clip: always((c) => [passWhere(c, equalTo(c))]),
};

/** Whether y = x elementwise, with operators that floats have at every opset (Equal has none before 11). */
function equalTo(c: RuleContext): string {
  const { g } = c;
  const moved = g.op("Abs", [g.op("Sub", [c.O(0), c.I(0)])]);
  return g.op("Not", [g.op("Greater", [moved, g.scalar(0)])]);
}
