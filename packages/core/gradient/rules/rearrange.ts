/** @file Gradients of operators that put elements elsewhere by a plan: columns of windows, crops, caches, products along axes. */
import { attributeInt, attributeInts, attributeString } from "../../onnx/index.ts";
import { always, axisOf, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";
import { addAlong, positions } from "./along.ts";

/** Windows added up to an image: backwards each window takes its part, a convolution with one-hot kernels. */
function col2Im(c: RuleContext): string[] {
  const { g, node } = c;
  const block = c.constant(c.I(2));
  if (!block) throw c.refuse("expected a constant block_shape");
  const n = block.length;
  const size = block.reduce((a, b) => a * b, 1);
  const eye = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const kernel = g.op("CastLike", [g.constant({ type: "float32", dims: [size, 1, ...block], data: eye }), c.GO(0)]);
  const planes = g.op("Reshape", [c.GO(0), g.op("Concat", [g.ints([-1, 1]), c.I(1)], { axis: { int: 0 } })]);
  const columns = g.op("Conv", [planes, kernel], {
    kernel_shape: { ints: block },
    strides: { ints: attributeInts(node, "strides") ?? range(n).map(() => 1) },
    dilations: { ints: attributeInts(node, "dilations") ?? range(n).map(() => 1) },
    pads: { ints: attributeInts(node, "pads") ?? range(2 * n).map(() => 0) },
  });
  return [g.reshapeLike(columns, c.I(0))];
}

/** The same cropping and padding of the positions tells where each element came from; 0 stands for padding. */
function centerCropPad(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const rank = c.dims(c.I(0)).length;
  const axes = (attributeInts(c.node, "axes") ?? range(rank)).map((axis) => axisOf(axis, rank));
  let dx = c.GO(0);
  axes.forEach((axis, i) => {
    const numbers = g.op("Add", [positions(c, c.I(0), axis), g.ints([1])]);
    const own = g.op("Gather", [c.I(1), g.ints([i])]);
    const from = g.op("CenterCropPad", [numbers, own]);
    const real = g.op("Greater", [from, g.ints([0])]);
    const shape = range(rank).map((k) => (k === axis ? -1 : 1));
    const places = g.op("Max", [g.op("Sub", [from, g.ints([1])]), g.ints([0])]);
    dx = addAlong(c, m.where(g.reshape(real, shape), dx, 0), places, axis, c.I(0));
  });
  return [dx];
}

/** y_i = x_1 ... x_i;  dx_j = (sum over i from j on of dy_i y_i) / x_j. Zeros in x give no finite gradient. */
function cumProd(c: RuleContext): string[] {
  const m = algebra(c);
  const sum = c.g.op("CumSum", [m.mul(c.GO(0), c.O(0)), c.I(1)], {
    exclusive: { int: attributeInt(c.node, "exclusive", 0) },
    reverse: { int: 1 - attributeInt(c.node, "reverse", 0) },
  });
  return [m.div(sum, c.I(0))];
}

/** dx_ij = dy (-1)^(i+j) times the determinant of what is left without row i and column j. */
function det(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const dims = c.dims(c.I(0));
  const n = dims.at(-1)!;
  const lead = dims.length - 2;
  if (c.fixed(c.I(0)).at(-1) === undefined) throw c.refuse("a free size of the matrices is not supported");
  const dy = g.unsqueeze(c.GO(0), [lead, lead + 1]);
  if (n === 1) return [dy];
  const others = { type: "int64", dims: [n, n - 1], data: new BigInt64Array(n * (n - 1)) } as const;
  range(n).forEach((i) =>
    range(n)
      .filter((k) => k !== i)
      .forEach((k, at) => (others.data[i * (n - 1) + at] = BigInt(k))),
  );
  const rest = g.constant(others);
  // [..., i, rows, j, columns]
  const rows = g.op("Gather", [c.I(0), rest], { axis: { int: lead } });
  const both = g.op("Gather", [rows, rest], { axis: { int: lead + 2 } });
  const minors = g.transpose(both, [...range(lead), lead, lead + 2, lead + 1, lead + 3]);
  const signs = Float32Array.from({ length: n * n }, (_, i) => ((Math.floor(i / n) + (i % n)) % 2 === 0 ? 1 : -1));
  return [m.mul(dy, g.constant({ type: "float32", dims: [n, n], data: signs }), g.op("Det", [minors]))];
}

/** A cache in which an update takes some places along an axis, from an index that each batch has. */
function tensorScatter(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const rank = c.dims(c.I(0)).length;
  const axis = axisOf(attributeInt(node, "axis", -2), rank);
  const mode = attributeString(node, "mode", "linear");
  const given = c.I(2) === "" ? [] : [c.I(2)];
  const past = c.needs(0)
    ? g.op("TensorScatter", [c.GO(0), c.zerosLike(c.I(1)), ...given], {
        axis: { int: axis },
        mode: { string: mode },
      })
    : undefined;
  if (!c.needs(1)) return [past];
  const along = (x: string, at: number): string =>
    g.reshape(
      x,
      range(rank).map((k) => (k === at ? -1 : 1)),
    );
  let places = along(positions(c, c.I(1), axis), axis);
  if (c.I(2) !== "") places = g.op("Add", [places, along(c.I(2), 0)]);
  if (mode === "circular") places = g.op("Mod", [places, g.sizes(c.I(0), [axis])]);
  const indices = g.op("Expand", [places, g.shape(c.I(1))]);
  return [past, g.op("GatherElements", [c.GO(0), indices], { axis: { int: axis } })];
}

export const rearranging: RuleTable = {
  CenterCropPad: always(centerCropPad),
  Col2Im: always(col2Im),
  CumProd: always(cumProd),
  Det: always(det),
  TensorScatter: always(tensorScatter),
};
