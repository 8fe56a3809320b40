/** @file The gradient of resizing images. */
import { attributeFloat, attributeInt, attributeInts, attributeString } from "../../onnx/index.ts";
import { always, axisOf, range, type RuleContext, type RuleTable } from "../rule.ts";

/**
 * Resizing is linear and acts on each axis alone: y = W x along the axis, in every mode. The same operator, given the
 * unit matrix, gives W; the gradient is W' dy.
 */
function resize(c: RuleContext): string[] {
  const { g, node } = c;
  const rank = c.dims(c.I(0)).length;
  const axes = (attributeInts(node, "axes") ?? range(rank)).map((axis) => axisOf(axis, rank));
  if (attributeString(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize")
    throw c.refuse("tf_crop_and_resize is not supported");
  if (attributeString(node, "keep_aspect_ratio_policy", "stretch") !== "stretch")
    throw c.refuse("keep_aspect_ratio_policy is not supported");
  const mode = attributeString(node, "mode", "nearest");
  const attributes = {
    coordinate_transformation_mode: {
      string: attributeString(node, "coordinate_transformation_mode", "half_pixel"),
    },
    mode: { string: mode },
    nearest_mode: { string: attributeString(node, "nearest_mode", "round_prefer_floor") },
    cubic_coeff_a: { float: attributeFloat(node, "cubic_coeff_a", -0.75) },
    exclude_outside: { int: attributeInt(node, "exclude_outside", 0) },
    antialias: { int: attributeInt(node, "antialias", 0) },
  };
  const bySizes = c.I(3) !== "";
  let dx = c.GO(0);
  axes.forEach((axis, i) => {
    const [before, after] = [c.fixed(c.I(0))[axis], c.fixed(c.O(0))[axis]];
    if (before !== undefined && before === after) return;
    const own = (input: string): string => g.op("Slice", [input, g.ints([i]), g.ints([i + 1])]);
    const unit = g.op("EyeLike", [square(c, axis)], { dtype: { int: 1 } });
    const image = g.unsqueeze(unit, [0, 1]);
    const concat = (...parts: string[]): string => g.op("Concat", parts, { axis: { int: 0 } });
    const scaled = bySizes
      ? ["", concat(g.ints([1, 1]), own(c.I(3)), g.sizes(c.I(0), [axis]))]
      : [concat(float(c, [1, 1]), own(c.I(2)), float(c, [1]))];
    // [after, before]
    const weights = g.op("Squeeze", [g.op("Resize", [image, "", ...scaled], attributes), g.ints([0, 1])]);
    // Along the last axis: dy W.
    const perm = range(rank);
    perm.push(...perm.splice(axis, 1));
    const inverse = perm.map((_, k) => perm.indexOf(k));
    const last = axis === rank - 1;
    const matrix = c.type(c.O(0)) === "float32" ? weights : g.op("CastLike", [weights, c.GO(0)]);
    const product = g.op("MatMul", [last ? dx : g.transpose(dx, perm), matrix]);
    dx = last ? product : g.transpose(product, inverse);
  });
  return [dx];
}

/** A square matrix of the size of an axis, whose values do not matter. */
function square(c: RuleContext, axis: number): string {
  const { g } = c;
  const size = g.sizes(c.I(0), [axis]);
  return g.op("ConstantOfShape", [g.op("Concat", [size, size], { axis: { int: 0 } })]);
}

function float(c: RuleContext, values: readonly number[]): string {
  return c.g.constant({ type: "float32", dims: [values.length], data: Float32Array.from(values) });
}

export const resizing: RuleTable = { Resize: always(resize) };
