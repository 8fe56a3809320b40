/**
 * @file Straight-through gradients of quantisation: rounding counts as the identity, saturation as a bound (Bengio,
 * Leonard and Courville, 2013). Between QuantizeLinear and DequantizeLinear the gradient is that of the quantised
 * numbers seen as real ones.
 */
import { attributeInt } from "../../onnx/index.ts";
import { always, axisOf, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";

/** Scale or zero point shaped to broadcast over x: a scalar, or a vector along `axis`. */
function alongAxis(c: RuleContext, x: string, of: string): string {
  if (attributeInt(c.node, "block_size", 0) !== 0) throw c.refuse("blocked quantisation is not supported");
  if (c.dims(of).length === 0) return of;
  const rank = c.dims(x).length;
  const axis = axisOf(attributeInt(c.node, "axis", 1), rank);
  if (c.dims(of)[0] === 1 || rank === 1) return of;
  return c.g.unsqueeze(
    of,
    range(rank).filter((i) => i !== axis),
  );
}

const limits: Record<string, readonly [number, number]> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** y = round(x / s) + z;  dx = dy / s where y is within its type's limits */
function quantise(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const s = alongAxis(c, c.I(0), c.I(1));
  const [low, high] = limits[c.type(c.O(0))] ?? [-Infinity, Infinity];
  const real = m.div(c.I(0), s);
  const zero = c.I(2) === "" ? 0 : g.cast(alongAxis(c, c.I(0), c.I(2)), "float32");
  const placed = m.add(real, zero);
  const inside = g.op("And", [m.greater(placed, low - 0.5), m.less(placed, high + 0.5)]);
  return [c.needs(0) ? m.where(inside, m.div(c.GO(0), s), 0) : undefined];
}

/** y = (x - z) s;  dx = dy s */
function dequantise(c: RuleContext): (string | undefined)[] {
  return [c.needs(0) ? algebra(c).mul(c.GO(0), alongAxis(c, c.I(0), c.I(1))) : undefined];
}

/** y = (A - a)(B - b) in integers;  dA = dy (B - b)' */
function matMulInteger(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  if (c.needs(1)) throw c.refuse("gradients of the second factor are not supported");
  if (c.dims(c.I(0)).length < c.dims(c.I(1)).length || c.dims(c.I(1)).length < 2)
    throw c.refuse("broadcast factors are not supported");
  const real = (x: string): string => g.cast(x, "float32");
  const B = c.I(3) === "" ? real(c.I(1)) : g.op("Sub", [real(c.I(1)), real(c.I(3))]);
  const perm = range(c.dims(c.I(1)).length);
  perm.push(perm.splice(-2, 1)[0]!);
  return [g.op("MatMul", [c.GO(0), g.transpose(B, perm)])];
}

export const quantisation: RuleTable = {
  MatMulInteger: always(matMulInteger),
  QuantizeLinear: always(quantise),
  DequantizeLinear: always(dequantise),
  // The range is that of x, so nothing saturates.
  DynamicQuantizeLinear: always((c) => [c.has(0) ? algebra(c).div(c.GO(0), c.O(1)) : undefined]),
};
