/** @file Gradients of reductions. */
import { attributeInt, attributeInts } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";

/** The axes that the node reduces, non-negative; an attribute, or since 13 (sum) and 18 (others) an input. */
export function reducedAxes(c: RuleContext): number[] {
  const rank = c.dims(c.I(0)).length;
  const given = attributeInts(c.node, "axes") ?? (c.I(1) === "" ? undefined : c.constant(c.I(1)));
  const all = given === undefined || given.length === 0;
  if (all && attributeInt(c.node, "noop_with_empty_axes", 0)) return [];
  return all ? Array.from({ length: rank }, (_, i) => i) : given.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** The gradient spread over what was summed. */
function spread(c: RuleContext): string {
  const keep = attributeInt(c.node, "keepdims", 1) === 1;
  const axes = reducedAxes(c);
  return c.g.expandLike(keep || axes.length === 0 ? c.GO(0) : c.g.unsqueeze(c.GO(0), axes), c.I(0));
}

export const reduction: RuleTable = {
  ReduceSum: always((c) => [spread(c)]),
  // The count may depend on the batch, so it is taken from the sizes at run time.
  ReduceMean: always((c) => {
    const { g } = c;
    const count = g.op("Div", [size(c, c.I(0)), size(c, c.O(0))]);
    return [g.op("Div", [spread(c), count])];
  }),
};

function size(c: RuleContext, of: string): string {
  return c.g.op("Cast", [c.g.op("Size", [of])], { to: { int: 1 } });
}
