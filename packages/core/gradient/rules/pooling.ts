/** @file Gradients of poolings. */
import { attributeInt, attributeInts } from "../../onnx/index.ts";
import { sizeOf, type Tensor } from "../../tensor/index.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { algebra } from "./algebra.ts";
import { placementOf, spread, windowOf, type Window } from "./window.ts";

/** The gradient of each window goes to its maximum, the first one where several are equal. */
function maxPool(c: RuleContext): string[] {
  const { g, node } = c;
  if (attributeInt(node, "storage_order", 0) !== 0) {
    if (node.output[1]) throw c.refuse("column-major indices are not supported");
    node.attribute = node.attribute.filter(({ name }) => name !== "storage_order");
  }
  const kernel = attributeInts(node, "kernel_shape")!;
  const { strides, dilations } = windowOf(c, kernel);
  const indices = c.addOutput(1);
  // Windows that do not overlap send nothing to the same place.
  const apart = kernel.every((k, i) => k <= strides[i]! && dilations[i] === 1);
  // The engine refuses to undo a pooling whose last windows reach beyond the image.
  const within = attributeInt(node, "ceil_mode", 0) === 0;
  if (apart && within && c.type(c.O(0)) === "float32") {
    return [
      g.op("MaxUnpool", [c.GO(0), indices, g.shape(c.I(0))], {
        kernel_shape: { ints: kernel },
        strides: { ints: strides },
      }),
    ];
  }
  // Indices into the flattened input.
  const flat = (x: string): string => g.reshape(x, [-1]);
  const scattered = g.op("ScatterElements", [c.zerosLike(flat(c.I(0))), flat(indices), flat(c.GO(0))], {
    axis: { int: 0 },
    ...(!apart && { reduction: { string: "add" } }),
  });
  return [g.reshapeLike(scattered, c.I(0))];
}

/** Ones of the node's type. */
function ones(c: RuleContext, dims: readonly number[]): string {
  const n = sizeOf(dims);
  const value: Tensor =
    c.type(c.O(0)) === "float64"
      ? { type: "float64", dims, data: new Float64Array(n).fill(1) }
      : { type: "float32", dims, data: new Float32Array(n).fill(1) };
  return c.g.constant(value);
}

/** Spreads each output's share over its window. */
function spreadOnes(c: RuleContext, share: string, window: Window): string {
  const channels = c.fixed(c.I(0))[1];
  if (channels === undefined) throw c.refuse("a number of channels that is free is not supported");
  return spread(c, share, ones(c, [channels, 1, ...window.kernel]), { ...window, group: channels }, c.I(0), c.O(0));
}

/** y = mean over the window of x; padding counts where `count_include_pad` says so. */
function averagePool(c: RuleContext): string[] {
  const { g, node } = c;
  const kernel = attributeInts(node, "kernel_shape")!;
  const window = windowOf(c, kernel);
  const sizes = c.fixed(c.I(0)).slice(2);
  const none = window.pads?.every((pad) => pad === 0) ?? false;
  const m = algebra(c);
  if (none && kernel.every((k, i) => k === sizes[i])) return [g.expandLike(m.div(c.GO(0), sizeOf(kernel)), c.I(0))];
  const ceil = attributeInt(node, "ceil_mode", 0) === 1;
  const whole = (none || attributeInt(node, "count_include_pad", 0) === 1) && !ceil;
  const share = whole ? m.div(c.GO(0), sizeOf(kernel)) : m.div(c.GO(0), windowCounts(c, window));
  return [spreadOnes(c, share, window)];
}

/** How many elements count in each window, [1, 1, ...]: a convolution of a plane of ones. */
function windowCounts(c: RuleContext, window: Window): string {
  const { g } = c;
  const { kernel, strides, dilations } = window;
  const place = placementOf(c, window, c.I(0), c.O(0));
  if (!place) throw c.refuse("padding or ceil_mode together with spatial sizes that are free is not supported");
  const sizes = c.dims(c.I(0)).slice(2);
  const included = attributeInt(c.node, "count_include_pad", 0) === 1;
  const n = kernel.length;
  const given = (i: number): number => window.pads?.[i] ?? 0;
  // Padding that was asked for counts as elements; what ceil_mode adds behind it does not.
  const plane = included ? sizes.map((size, i) => size + given(i) + given(i + n)) : sizes;
  const begin = included ? place.begin.map((pad, i) => pad - given(i)) : place.begin;
  const end = included ? place.end.map((pad, i) => pad - given(i + n)) : place.end;
  return g.op("Conv", [ones(c, [1, 1, ...plane]), ones(c, [1, 1, ...kernel])], {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...begin, ...end] },
  });
}

const spatialAxes = (c: RuleContext): number[] => range(c.dims(c.I(0)).length - 2, 2);

/** The number of elements that a global pooling takes, at run time where sizes are free. */
function area(c: RuleContext): string {
  const { g } = c;
  const sizes = c.fixed(c.I(0)).slice(2);
  if (!sizes.includes(undefined)) return c.scalar(sizeOf(sizes as number[]));
  const count = g.op("ReduceProd", [g.sizes(c.I(0), spatialAxes(c))], { keepdims: { int: 0 } });
  return g.op("CastLike", [count, c.GO(0)]);
}

/** The gradient goes to the first maximum of each channel. */
function globalMaxPool(c: RuleContext): string[] {
  const { g } = c;
  const m = algebra(c);
  const rows = (x: string): string => g.reshape(x, [0, 0, -1]);
  const x = rows(c.I(0));
  const best = g.op("ArgMax", [x], { axis: { int: 2 } });
  const limit = g.op("Squeeze", [g.sizes(x, [2])]);
  const places = g.op("Range", [g.constant(scalarInt(0)), limit, g.constant(scalarInt(1))]);
  return [g.reshapeLike(m.where(g.op("Equal", [places, best]), rows(c.GO(0)), 0), c.I(0))];
}

function scalarInt(value: number): Tensor {
  return { type: "int64", dims: [], data: BigInt64Array.of(BigInt(value)) };
}

/** y = (sum |x|^p)^(1/p);  dx = dy y^(1-p) |x|^(p-1) sign x, 0 where y is 0 */
function lp(c: RuleContext, spreadShare: (share: string) => string): string[] {
  const m = algebra(c);
  const p = attributeInt(c.node, "p", 2);
  const share = m.where(m.greater(c.O(0), 0), m.mul(c.GO(0), m.pow(c.O(0), 1 - p)), 0);
  const size = m.of("Abs", c.I(0));
  const inner = p === 1 ? m.of("Sign", c.I(0)) : p === 2 ? c.I(0) : m.mul(m.pow(size, p - 1), m.of("Sign", c.I(0)));
  return [m.mul(spreadShare(share), inner)];
}

export const pooling: RuleTable = {
  MaxPool: always(maxPool),
  AveragePool: always(averagePool),
  LpPool: always((c) => {
    const window = windowOf(c, attributeInts(c.node, "kernel_shape")!);
    return lp(c, (share) => spreadOnes(c, share, window));
  }),
  GlobalAveragePool: always((c) => [c.g.expandLike(algebra(c).div(c.GO(0), area(c)), c.I(0))]),
  GlobalMaxPool: always(globalMaxPool),
  GlobalLpPool: always((c) => lp(c, (share) => c.g.expandLike(share, c.I(0)))),
  // Each element takes back what was put in its place.
  MaxUnpool: always((c) => {
    const { g } = c;
    const taken = g.op("Gather", [g.reshape(c.GO(0), [-1]), g.reshape(c.I(1), [-1])]);
    return [g.reshapeLike(taken, c.I(0))];
  }),
};
