/** @file Gradients of losses that ONNX has as operators. */
import { attributeInt, attributeString } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

/**
 * loss = -sum over samples of w[t] s[t] / n, t the sample's class, n the sum of weights for the mean and else 1. Gives
 * dloss/ds as -onehot(t) times what each sample gets.
 */
function negativeOneHot(c: RuleContext): { target: string; perSample: string } {
  const { g } = c;
  const m = algebra(c);
  const classes = c.fixed(c.I(0))[1];
  if (classes === undefined) throw c.refuse("a number of classes that is free is not supported");
  const labels = g.cast(c.I(1), "int64");
  const ignored = c.node.attribute.some(({ name }) => name === "ignore_index");
  const int = (value: number): string => g.constant({ type: "int64", dims: [], data: BigInt64Array.of(BigInt(value)) });
  const kept = ignored
    ? m.where(g.op("Equal", [labels, int(attributeInt(c.node, "ignore_index", 0))]), 0, 1)
    : undefined;
  const safe = kept === undefined ? labels : g.op("Where", [m.greater(kept, 0), labels, int(0)]);
  const values = g.op("Concat", [g.unsqueeze(c.scalar(0), [0]), g.unsqueeze(c.scalar(1), [0])], { axis: { int: 0 } });
  const target = g.op("OneHot", [safe, int(classes), values], { axis: { int: 1 } });
  let weight = c.I(2) === "" ? undefined : g.op("Gather", [c.I(2), safe]);
  if (kept !== undefined) weight = weight === undefined ? kept : m.mul(weight, kept);
  const all = weight ?? m.add(g.op("CastLike", [m.mul(g.cast(labels, "float32"), 0), c.scalar(0)]), 1);
  const reduction = attributeString(c.node, "reduction", "mean");
  const share = reduction === "mean" ? m.div(all, g.op("ReduceSum", [all], { keepdims: { int: 0 } })) : all;
  return { target, perSample: g.unsqueeze(m.mul(share, c.GO(0)), [1]) };
}

export const loss: RuleTable = {
  // s = scores: dx = -onehot
  NegativeLogLikelihoodLoss: always((c) => {
    const m = algebra(c);
    const { target, perSample } = negativeOneHot(c);
    return [m.of("Neg", m.mul(target, perSample))];
  }),
  // s = log softmax x: dx = softmax x - onehot
  SoftmaxCrossEntropyLoss: always((c) => {
    const m = algebra(c);
    if (c.has(1)) throw c.refuse("the gradient of its second output is not supported");
    const { target, perSample } = negativeOneHot(c);
    const softmax = c.g.op("Softmax", [c.I(0)], { axis: { int: 1 } });
    return [m.mul(m.sub(softmax, target), perSample)];
  }),
};
