/** @file Gradients of reading images between their pixels: grids, and regions of interest. */
import { attributeFloat, attributeInt, attributeString } from "../../onnx/index.ts";
import { int64 } from "../../tensor/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra, type Algebra } from "./algebra.ts";
import { positions } from "./along.ts";

/** One pixel that a point reads along one axis: its index, its weight, and the weight's slope along the axis. */
interface Tap {
  index: string;
  weight: string;
  slope: string | undefined;
}

interface Axis {
  m: Algebra;
  /** The axis' size, and the point's coordinate in pixels. */
  size: string;
  at: string;
  padding: string;
  corners: boolean;
}

/** Mirrors a coordinate at both ends until it is inside; gives the sign of its slope too. */
function reflect({ m, size, corners }: Axis, at: string): { at: string; sign: string } {
  const low = corners ? 0 : -0.5;
  const length = m.max(corners ? m.sub(size, 1) : size, 1e-6);
  const from = m.of("Abs", m.sub(at, low));
  const times = m.of("Floor", m.div(from, length));
  const rest = m.sub(from, m.mul(times, length));
  // Odd times: it comes back from the far end.
  const odd = m.sub(times, m.mul(m.of("Floor", m.mul(times, 0.5)), 2));
  const mirrored = m.add(m.mul(odd, m.sub(length, m.mul(rest, 2))), rest);
  return {
    at: m.add(mirrored, low),
    sign: m.mul(m.where(m.less(at, low), -1, 1), m.sub(1, m.mul(odd, 2))),
  };
}

/** A tap at a whole coordinate: inside the image, or as the padding says. */
function tapAt(axis: Axis, whole: string, weight: string, slope: string | undefined): Tap {
  const { m, size, padding } = axis;
  const last = m.sub(size, 1);
  const inside = m.max(m.min(padding === "reflection" ? reflect(axis, whole).at : whole, last), 0);
  if (padding !== "zeros") return { index: inside, weight, slope };
  const valid = m.where(m.equal(inside, whole), 1, 0);
  return { index: inside, weight: m.mul(weight, valid), slope: slope && m.mul(slope, valid) };
}

/** Weights of the four pixels around a point (Keys 1981, a = -0.75) at a distance of `t` from the second, and slopes. */
function cubicTaps(axis: Axis): Tap[] {
  const { m, at } = axis;
  const a = -0.75;
  const first = m.of("Floor", at);
  const t = m.sub(at, first);
  const polynomial = (x: string, [p, q, r, s]: readonly number[]): string =>
    m.add(m.mul(m.add(m.mul(m.add(m.mul(x, p!), q!), x), r!), x), s!);
  // Within a distance of 1, and of 2.
  const near = [a + 2, -(a + 3), 0, 1];
  const far = [a, -5 * a, 8 * a, -4 * a];
  const slopeOf = ([p, q, r]: readonly number[]): number[] => [0, 3 * p!, 2 * q!, r!];
  return range(4).map((i) => {
    const distance = i < 2 ? m.add(t, 1 - i) : m.sub(i - 1, t);
    const curve = i === 0 || i === 3 ? far : near;
    const slope = polynomial(distance, slopeOf(curve));
    return tapAt(axis, m.add(first, i - 1), polynomial(distance, curve), i < 2 ? slope : m.of("Neg", slope));
  });
}

/** The pixels that a point reads along one axis. */
export function tapsOf(axis: Axis, mode: string): Tap[] {
  const { m, padding } = axis;
  if (mode === "cubic") return cubicTaps(axis);
  let at = axis.at;
  let sign: string | undefined;
  if (padding === "reflection") ({ at, sign } = reflect(axis, at));
  if (padding !== "zeros") {
    const inside = m.max(m.min(at, m.sub(axis.size, 1)), 0);
    const moves = m.where(m.equal(inside, at), 1, 0);
    sign = sign === undefined ? moves : m.mul(sign, moves);
    at = inside;
  }
  const plain = { ...axis, padding: padding === "zeros" ? "zeros" : "border" };
  if (mode === "nearest") return [tapAt(plain, m.of("Round", at), m.add(m.mul(at, 0), 1), undefined)];
  const first = m.of("Floor", at);
  const t = m.sub(at, first);
  const one = sign ?? m.add(m.mul(at, 0), 1);
  return [tapAt(plain, first, m.sub(1, t), m.of("Neg", one)), tapAt(plain, m.add(first, 1), t, one)];
}

/**
 * y at a point is the sum over pixels around it of their values times a product of weights, one for each axis. The
 * gradient adds these weights to the pixels; that of the point uses the weights' slopes.
 */
function gridSample(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const m = algebra(c);
  const [x, grid] = [c.I(0), c.I(1)];
  const rank = c.dims(x).length;
  const spatial = rank - 2;
  const mode = { bilinear: "linear", bicubic: "cubic" }[attributeString(node, "mode", "linear")];
  const corners = attributeInt(node, "align_corners", 0) === 1;
  const float = (of: string): string => g.op("CastLike", [of, c.GO(0)]);
  const whole = (of: string): string => g.cast(of, "int64");
  const flat = (of: string): string => g.reshape(of, [-1]);
  // The grid's last axis counts from the image's last.
  const axes = range(spatial).map((d): Axis => {
    const size = g.squeeze(float(g.sizes(x, [2 + d])), [0]);
    const own = g.op("Gather", [grid, g.constant(int64([], [spatial - 1 - d]))], { axis: { int: -1 } });
    const near = m.add(own, 1);
    const at = corners ? m.mul(near, m.mul(m.sub(size, 1), 0.5)) : m.mul(m.sub(m.mul(near, size), 1), 0.5);
    return { m, size, at: flat(at), padding: attributeString(node, "padding_mode", "zeros"), corners };
  });
  const taps = axes.map((axis) => tapsOf(axis, mode ?? attributeString(node, "mode", "linear")));
  // Each point's image, as a number per point.
  const points = g.reduceMean(grid, [rank - 1], false);
  const first = g.reshape(positions(c, grid, 0), [-1, ...range(spatial).map(() => 1)]);
  const image = flat(g.op("Expand", [first, g.shape(points)]));
  const last = (of: string): string => g.transpose(of, [0, ...range(spatial, 2), 1]);
  const channels = g.sizes(x, [1]);
  const rows = (of: string): string =>
    g.op("Reshape", [last(of), g.op("Concat", [g.ints([-1]), channels], { axis: { int: 0 } })]);
  const dy = rows(c.GO(0));
  const pixels = c.needs(1) ? rows(x) : "";
  const all = taps.reduce<Tap[][]>((lists, own) => lists.flatMap((list) => own.map((tap) => [...list, tap])), [[]]);
  const places: string[] = [];
  const updates: string[] = [];
  const slopes: string[][] = axes.map(() => []);
  for (const combined of all) {
    const place = combined.reduce(
      (sum, { index }, d) => m.add(g.op("Mul", [sum, g.sizes(x, [2 + d])]), whole(index)),
      image,
    );
    if (c.needs(0)) {
      const weight = combined.map((tap) => tap.weight).reduce((a, b) => m.mul(a, b));
      places.push(place);
      updates.push(m.mul(dy, g.unsqueeze(weight, [1])));
    }
    if (!c.needs(1)) continue;
    const value = g.reduceSum(m.mul(dy, g.op("Gather", [pixels, place])), [1], false);
    axes.forEach((_, d) => {
      const factors = combined.map((tap, k) => (k === d ? tap.slope : tap.weight));
      if (factors.some((factor) => factor === undefined)) return;
      slopes[d]!.push((factors as string[]).reduce((a, b) => m.mul(a, b), value));
    });
  }
  const joined = (parts: readonly string[]): string => g.op("Concat", parts, { axis: { int: 0 } });
  let dx: string | undefined;
  if (c.needs(0)) {
    const sum = g.op("ScatterND", [c.zerosLike(rows(x)), g.unsqueeze(joined(places), [1]), joined(updates)], {
      reduction: { string: "add" },
    });
    const back = g.op("Reshape", [sum, g.shape(last(x))]);
    dx = g.transpose(back, [0, rank - 1, ...range(spatial, 1)]);
  }
  let dGrid: string | undefined;
  if (c.needs(1)) {
    const parts = axes.map(({ size }, d) => {
      const sums = slopes[d]!;
      if (sums.length === 0) return c.zerosLike(image);
      const pixelsPerUnit = corners ? m.mul(m.sub(size, 1), 0.5) : m.mul(size, 0.5);
      return m.mul(sums.length === 1 ? sums[0]! : g.op("Sum", sums), pixelsPerUnit);
    });
    const stacked = g.op(
      "Concat",
      parts.reverse().map((part) => g.unsqueeze(part, [1])),
      { axis: { int: 1 } },
    );
    dGrid = g.reshapeLike(stacked, grid);
  }
  return [dx, dGrid];
}

/** grid = theta times (x, y, 1): the operator itself gives x and y, from the unit matrix. */
function affineGrid(c: RuleContext): string[] {
  const { g } = c;
  const [, d] = c.dims(c.I(0)) as [number, number];
  const unit = range(d * (d + 1)).map((i) => (i % (d + 1) === Math.floor(i / (d + 1)) ? 1 : 0));
  const theta = g.op("CastLike", [
    g.constant({ type: "float32", dims: [1, d, d + 1], data: Float32Array.from(unit) }),
    c.GO(0),
  ]);
  const one = g.op("Concat", [g.ints([1]), g.slice(c.I(1), [1], [d + 2], [0])], { axis: { int: 0 } });
  const plain = g.op("AffineGrid", [theta, one], { align_corners: { int: attributeInt(c.node, "align_corners", 0) } });
  const places = g.reshape(plain, [-1, d]);
  const dy = g.transpose(g.reshape(c.GO(0), [0, -1, d]), [0, 2, 1]);
  const shift = g.reduceSum(dy, [2], true);
  return [g.op("Concat", [g.op("MatMul", [dy, places]), shift], { axis: { int: 2 } })];
}

/**
 * Weights of the pixels along one axis for each bin of each region: [regions, bins, pixels]. A bin is the mean over
 * points, and a point reads its two neighbours, by their distance; points more than one pixel outside read zeros.
 */
function binWeights(c: RuleContext, from: number, bins: number, size: string): string {
  const { g, node } = c;
  const m = algebra(c);
  const scale = attributeFloat(node, "spatial_scale", 1);
  const half = attributeString(
    node,
    "coordinate_transformation_mode",
    g.opset < 16 ? "output_half_pixel" : "half_pixel",
  );
  const aligned = half === "half_pixel";
  const bound = (k: number): string => {
    const own = m.mul(g.slice(c.I(1), [k], [k + 1], [1]), scale);
    return aligned ? m.sub(own, 0.5) : own;
  };
  // [regions, 1]
  const start = bound(from);
  const length = aligned ? m.sub(bound(from + 2), start) : m.max(m.sub(bound(from + 2), start), 1);
  const bin = m.div(length, bins);
  const ratio = attributeInt(node, "sampling_ratio", 0);
  // Points per bin: given, or as many as pixels, which differs from region to region.
  const count = ratio > 0 ? g.reshape(c.scalar(ratio), [1, 1]) : m.max(m.of("Ceil", bin), 1);
  const float = (of: string): string => g.op("CastLike", [of, c.GO(0)]);
  const most = ratio > 0 ? undefined : g.cast(g.op("ReduceMax", [count], { keepdims: { int: 0 } }), "int64");
  const scalar = (value: number): string => g.constant(int64([], [value]));
  const points =
    most === undefined
      ? g.op("CastLike", [g.constant(int64([ratio], range(ratio))), c.GO(0)])
      : float(g.op("Range", [scalar(0), most, scalar(1)]));
  const all = (x: string): string => g.unsqueeze(x, [2]);
  // [regions, bins, points]
  const within = m.div(m.add(points, 0.5), all(count));
  const binStart = g.unsqueeze(g.op("CastLike", [g.constant(int64([bins], range(bins))), c.GO(0)]), [1]);
  const at = m.add(m.mul(m.add(binStart, within), all(bin)), all(start));
  const outside = g.op("Or", [m.less(at, -1), m.greater(at, size)]);
  const share = m.where(g.op("Or", [outside, g.op("GreaterOrEqual", [points, all(count)])]), 0, m.div(1, all(count)));
  const inside = m.max(m.min(at, m.sub(size, 1)), 0);
  const pixels = float(g.op("Range", [scalar(0), g.cast(size, "int64"), scalar(1)]));
  const distance = m.of("Abs", m.sub(g.unsqueeze(inside, [3]), pixels));
  const weight = m.max(m.sub(1, distance), 0);
  return g.reduceSum(m.mul(weight, g.unsqueeze(share, [3])), [2], false);
}

/**
 * Averages over bins of regions: y = A X B' for each region and channel, with weights along both axes. The gradient of
 * an image sums A' dy B over its regions; the regions themselves count as constant, as in other frameworks.
 */
function roiAlign(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  if (attributeString(node, "mode", "avg") !== "avg") throw c.refuse("only the mode avg is supported");
  if (!c.needs(0)) return [undefined];
  const x = c.I(0);
  const size = (axis: number): string => g.squeeze(g.op("CastLike", [g.sizes(x, [axis]), c.GO(0)]), [0]);
  const height = attributeInt(node, "output_height", 1);
  const A = binWeights(c, 1, height, size(2));
  const B = binWeights(c, 0, attributeInt(node, "output_width", 1), size(3));
  // [regions, channels, bins, W], then the sum over regions and bins at once, for each image.
  const wide = g.op("MatMul", [c.GO(0), g.unsqueeze(B, [1])]);
  const columns = g.op("Reshape", [
    g.transpose(wide, [1, 0, 2, 3]),
    g.op("Concat", [g.sizes(x, [1]), g.ints([-1]), g.sizes(x, [3])], { axis: { int: 0 } }),
  ]);
  const images = g.unsqueeze(positions(c, x, 0), [1]);
  const own = g.op("CastLike", [g.op("Equal", [images, c.I(2)]), c.GO(0)]);
  const perImage = g.op("Mul", [g.unsqueeze(A, [0]), g.unsqueeze(own, [2, 3])]);
  const rows = g.op("Reshape", [
    g.transpose(perImage, [0, 3, 1, 2]),
    g.op("Concat", [g.sizes(x, [0]), g.ints([1]), g.sizes(x, [2]), g.ints([-1])], { axis: { int: 0 } }),
  ]);
  // Without regions the product is one of nothing, which the engine does not give its whole shape.
  return [g.expandLike(g.op("MatMul", [rows, columns]), x)];
}

export const sampling: RuleTable = {
  AffineGrid: always(affineGrid),
  GridSample: always(gridSample),
  RoiAlign: always(roiAlign),
};
