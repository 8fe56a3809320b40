/** @file Taking elements along an axis, backwards: what was taken from a place is added there. */
import { range, type RuleContext } from "../rule.ts";
import { int64 } from "../../tensor/index.ts";

/** 0, 1, ... along an axis of x, int64. */
export function positions(c: RuleContext, x: string, axis: number): string {
  const { g } = c;
  const size = c.fixed(x)[axis];
  if (size !== undefined) return g.ints(range(size));
  const scalar = (value: number): string => g.constant(int64([], [value]));
  const limit = g.op("Gather", [g.shape(x), scalar(axis)]);
  return g.op("Range", [scalar(0), limit, scalar(1)]);
}

/**
 * The gradient of y = Gather(x, indices, axis): zeros of x's shape, where each part of dy along the axis is added at its
 * index. With one index per part, y's other sizes may still differ from x's along axes that are undone later.
 */
export function addAlong(c: RuleContext, dy: string, indices: string, axis: number, x: string, indexRank = 1): string {
  const { g } = c;
  const rank = c.dims(x).length;
  const size = g.sizes(x, [axis]);
  const whole = g.shape(dy);
  // The indexed axes of dy come first, as ScatterND wants them.
  const first = range(indexRank, axis);
  const others = range(rank - 1 + indexRank).filter((i) => !first.includes(i));
  const front = axis === 0 ? dy : g.transpose(dy, [...first, ...others]);
  const rest = others.length === 0 ? [] : [g.op("Gather", [whole, g.ints(others)])];
  const dims = g.op("Concat", [size, ...rest], { axis: { int: 0 } });
  const double = c.type(c.O(0)) === "float64";
  const zeros = g.op(
    "ConstantOfShape",
    [dims],
    double ? { value: { tensor: { type: "float64", dims: [1], data: Float64Array.of(0) } } } : {},
  );
  const places = g.unsqueeze(indices, [indexRank]);
  const sum = g.op("ScatterND", [zeros, places, front], { reduction: { string: "add" } });
  if (axis === 0) return sum;
  const back = [...range(axis, 1), 0, ...range(rank - 1 - axis, axis + 1)];
  return g.transpose(sum, back);
}
