/** @file Gradients of operators that only move elements. */
import { attributeInt, attributeInts, attributeString } from "../../onnx/index.ts";
import { always, axisOf, broadcasting, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";
import { addAlong, positions } from "./along.ts";
import { padAlong, padComputed } from "./pad.ts";

const reshaped = always((c: RuleContext) => [c.g.reshapeLike(c.GO(0), c.I(0))]);

/** Each input gets its part of the gradient. */
function concat(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const axis = axisOf(attributeInt(node, "axis", 1), c.dims(c.O(0)).length);
  const lengths = node.input.map((name) => c.fixed(name)[axis]);
  if (node.input.length === 1) return [c.GO(0)];
  if (lengths.includes(undefined) || node.input.every((_, i) => c.needs(i))) {
    const sizes = lengths.includes(undefined)
      ? g.op(
          "Concat",
          node.input.map((name) => g.sizes(name, [axis])),
          { axis: { int: 0 } },
        )
      : g.ints(lengths as number[]);
    return g.ops("Split", [c.GO(0), sizes], node.input.length, { axis: { int: axis } });
  }
  let from = 0;
  return lengths.map((length, i) => {
    const start = from;
    from += length!;
    return c.needs(i) ? g.slice(c.GO(0), [start], [from], [axis]) : undefined;
  });
}

/** The parts' gradients side by side; zeros for parts that nothing reads. */
function split(c: RuleContext): string[] {
  const parts = c.node.output.map((name, i) => (c.has(i) ? c.GO(i) : c.zerosLike(name)));
  return [c.g.op("Concat", parts, { axis: { int: attributeInt(c.node, "axis", 0) } })];
}

/** Zeros behind each element along an axis, so that it stands `step` from the next. */
function spaced(c: RuleContext, x: string, axis: number, step: number): string {
  const { g } = c;
  const rank = c.dims(c.I(0)).length;
  const wide = padAlong(g, g.unsqueeze(x, [axis + 1]), rank + 1, [axis + 1], [0], [step - 1]);
  const size = (from: number, to: number): string => g.op("Shape", [wide], { start: { int: from }, end: { int: to } });
  const dims = g.op("Concat", [size(0, axis), g.ints([-1]), size(axis + 2, rank + 1)], { axis: { int: 0 } });
  return g.op("Reshape", [wide, dims]);
}

/** dy in its place among zeros, axis by axis. */
function slice(c: RuleContext): string[] {
  const { g } = c;
  const rank = c.dims(c.I(0)).length;
  const count = c.dims(c.I(1))[0]!;
  const axes = (c.I(3) === "" ? range(count) : c.constant(c.I(3)))?.map((axis) => axisOf(axis, rank));
  if (!axes) throw c.refuse("expected constant axes");
  const steps = c.I(4) === "" ? axes.map(() => 1) : c.constant(c.I(4));
  const [starts, ends] = [c.constant(c.I(1)), c.constant(c.I(2))];
  const lengths = axes.map((axis) => c.fixed(c.I(0))[axis]);
  if (steps?.every((step) => step > 0) && starts && ends && !lengths.includes(undefined)) {
    const bound = (at: number, i: number): number => {
      const size = lengths[i]!;
      return Math.min(size, Math.max(0, at < 0 ? at + size : at));
    };
    const before = starts.map(bound);
    const counts = ends.map((end, i) => Math.max(0, Math.ceil((bound(end, i) - before[i]!) / steps[i]!)));
    const apart = axes.reduce((dx, axis, i) => (steps[i] === 1 ? dx : spaced(c, dx, axis, steps[i]!)), c.GO(0));
    const behind = counts.map((count, i) => lengths[i]! - before[i]! - count * steps[i]!);
    return [padAlong(g, apart, rank, axes, before, behind)];
  }
  // The same slice of the positions tells where each element came from.
  let dx = c.GO(0);
  axes.forEach((axis, i) => {
    const one = (input: string): string => g.op("Slice", [input, g.ints([i]), g.ints([i + 1])]);
    const from = g.op("Slice", [
      positions(c, c.I(0), axis),
      one(c.I(1)),
      one(c.I(2)),
      g.ints([0]),
      ...(c.I(4) === "" ? [] : [one(c.I(4))]),
    ]);
    dx = addAlong(c, dx, from, axis, c.I(0));
  });
  return [dx];
}

/** Zero padding is cut off; reflected, repeated and wrapped elements add up where they came from. */
function pad(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const m = algebra(c);
  const mode = attributeString(c.node, "mode", "constant");
  const rank = c.dims(c.I(0)).length;
  const axes = (c.I(3) === "" ? range(rank) : c.constant(c.I(3)))?.map((axis) => axisOf(axis, rank));
  if (!axes) throw c.refuse("expected constant axes");
  if (mode === "constant") {
    const pads = c.constant(c.I(1))?.map((pad) => -pad);
    const n = axes.length;
    const dx = pads
      ? padAlong(g, c.GO(0), rank, axes, pads.slice(0, n), pads.slice(n))
      : padComputed(g, c.GO(0), rank, axes, g.op("Neg", [c.I(1)]));
    if (!c.needs(2)) return [dx];
    const all = (x: string): string => g.reduceSum(x, range(rank), false);
    return [dx, undefined, m.sub(all(c.GO(0)), all(dx))];
  }
  const known = c.constant(c.I(1));
  let dx = c.GO(0);
  axes.forEach((axis, i) => {
    if (known && known[i] === 0 && known[i + axes.length] === 0) return;
    const own = g.op("Gather", [c.I(1), g.ints([i, i + axes.length])]);
    const from = g.op("Pad", [positions(c, c.I(0), axis), own], { mode: { string: mode } });
    dx = addAlong(c, dx, from, axis, c.I(0));
  });
  return [dx];
}

/** Every copy's gradient is summed: dy as [r0, d0, r1, d1, ...], summed over the r. */
function tile(c: RuleContext): string[] {
  const { g } = c;
  const rank = c.dims(c.I(0)).length;
  const column = (x: string): string => g.unsqueeze(x, [1]);
  const pairs = g.op("Concat", [column(c.I(1)), column(g.shape(c.I(0)))], { axis: { int: 1 } });
  const apart = g.op("Reshape", [c.GO(0), g.reshape(pairs, [-1])]);
  return [
    g.reduceSum(
      apart,
      range(rank).map((axis) => 2 * axis),
      false,
    ),
  ];
}

/** Depth to space backwards is space to depth; in column-row-depth order that is a transposition. */
function depthToSpace(c: RuleContext): string[] {
  const { g } = c;
  const block = attributeInt(c.node, "blocksize", 1);
  if (attributeString(c.node, "mode", "DCR") === "DCR")
    return [g.op("SpaceToDepth", [c.GO(0)], { blocksize: { int: block } })];
  const [, channels] = c.dims(c.O(0));
  const part = (axis: number): string => g.sizes(c.I(0), [axis]);
  const dims = g.op("Concat", [g.ints([0, channels!]), part(2), g.ints([block]), part(3), g.ints([block])], {
    axis: { int: 0 },
  });
  return [g.reshapeLike(g.transpose(g.op("Reshape", [c.GO(0), dims]), [0, 1, 3, 5, 2, 4]), c.I(0))];
}

export const shape: RuleTable = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: always((c) => {
    const rank = c.dims(c.I(0)).length;
    const perm = attributeInts(c.node, "perm") ?? range(rank).map((i) => rank - 1 - i);
    const inverse = perm.map((_, i) => perm.indexOf(i));
    return [c.g.transpose(c.GO(0), inverse)];
  }),
  Concat: always(concat),
  Split: always(split),
  Slice: always(slice),
  Pad: always(pad),
  Tile: always(tile),
  // The driver sums what was broadcast.
  Expand: broadcasting((c) => [c.GO(0)]),
  DepthToSpace: always(depthToSpace),
  SpaceToDepth: always((c) => [
    c.g.op("DepthToSpace", [c.GO(0)], { blocksize: { int: attributeInt(c.node, "blocksize", 1) } }),
  ]),
  // The other triangle's gradient is zero.
  Trilu: always((c) => [
    c.g.op("Trilu", c.I(1) === "" ? [c.GO(0)] : [c.GO(0), c.I(1)], {
      upper: { int: attributeInt(c.node, "upper", 1) },
    }),
  ]),
  // Reversing twice gives what was there.
  ReverseSequence: always((c) => [
    c.g.op("ReverseSequence", [c.GO(0), c.I(1)], {
      batch_axis: { int: attributeInt(c.node, "batch_axis", 1) },
      time_axis: { int: attributeInt(c.node, "time_axis", 0) },
    }),
  ]),
};
