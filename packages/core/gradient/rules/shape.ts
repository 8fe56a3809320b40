/** @file Gradients of operators that only move elements. */
import { attributeInt, attributeInts } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";

const reshaped = always((c: RuleContext) => [c.g.reshapeLike(c.GO(0), c.I(0))]);

export const shape: RuleTable = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: always((c) => {
    const rank = c.dims(c.I(0)).length;
    const perm = attributeInts(c.node, "perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    const inverse = perm.map((_, i) => perm.indexOf(i));
    return [c.g.transpose(c.GO(0), inverse)];
  }),
  // Each input gets its slice of the gradient.
  Concat: always((c) => {
    const rank = c.dims(c.O(0)).length;
    const axis = (attributeInt(c.node, "axis", 1) + rank) % rank;
    let from = 0;
    return c.node.input.map((name, i) => {
      const start = from;
      from += c.dims(name)[axis]!;
      return c.needs(i) ? c.g.slice(c.GO(0), [start], [from], [axis]) : undefined;
    });
  }),
  Shape: always("zero"),
  Size: always("zero"),
};
