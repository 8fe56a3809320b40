/** @file Gradients of convolutions, as convolutions. */
import { attributeInts, attributeString } from "../../onnx/index.ts";
import type { GraphBuilder } from "../../onnx/index.ts";
import { foldedConvolution, isSmall } from "../layout.ts";
import { always, range, type RuleContext, type RuleTable } from "../rule.ts";
import { float32, sizeOf } from "../../tensor/index.ts";
import { padAlong, padComputed } from "./pad.ts";
import { beginAtRunTime, placementOf, spread, windowOf, type Window } from "./window.ts";

/** y[n,m,o] = sum over c,k of x[n,c, o s + k d - p] w[m,c,k] + b[m] */
function conv(c: RuleContext): (string | undefined)[] {
  const kernel = c.dims(c.I(1)).slice(2);
  const window = windowOf(c, kernel);
  return [
    c.needs(0) ? convInput(c, window) : undefined,
    c.needs(1) ? correlate(c, { x: c.I(0), dy: c.GO(0), y: c.O(0), w: c.I(1) }, window) : undefined,
    c.needs(2) ? channelSums(c.g, c.GO(0), kernel.length) : undefined,
  ];
}

/**
 * The gradient of a convolution's input is the transposed convolution of dy. With stride 1 that is a convolution with
 * the kernel turned round, which runtimes compute faster than ConvTranspose; a constant kernel is turned at load time.
 */
function convInput(c: RuleContext, window: Window): string {
  const { g } = c;
  const { kernel, strides, dilations, group } = window;
  const place = window.pads
    ? { begin: window.pads.slice(0, kernel.length), end: window.pads.slice(kernel.length) }
    : placementOf(c, window, c.I(0), c.O(0));
  const pads =
    place && [place.begin, place.end].flatMap((side) => side.map((pad, i) => dilations[i]! * (kernel[i]! - 1) - pad));
  if (strides.every((s) => s === 1) && pads?.every((pad) => pad >= 0)) {
    const weight = turned(c, c.I(1), group);
    const fixed = ![...c.fixed(c.I(0)).slice(2), ...c.fixed(c.O(0)).slice(2)].includes(undefined);
    if (c.needs(1) && fixed && isSmall(c.dims(c.I(0)), c.dims(c.O(0)), group)) {
      return foldedConvolution(g.op, (axis) => g.ints([axis]), { x: c.GO(0), weight, strides, dilations, pads });
    }
    return g.op("Conv", [c.GO(0), weight], {
      kernel_shape: { ints: kernel },
      dilations: { ints: dilations },
      pads: { ints: pads },
      group: { int: group },
    });
  }
  return spread(c, c.GO(0), c.I(1), window, c.I(0), c.O(0));
}

/** [M, C/g, k...] to [C, M/g, k...] with every kernel axis reversed. */
function turned(c: RuleContext, weight: string, group: number): string {
  const { g } = c;
  const [m, perGroup, ...kernel] = c.dims(weight) as [number, number, ...number[]];
  const spatial = range(kernel.length, 2);
  let swapped: string;
  if (group === 1) swapped = g.transpose(weight, [1, 0, ...spatial]);
  else {
    const split = g.reshape(weight, [group, m / group, perGroup, ...kernel]);
    const exchanged = g.transpose(split, [0, 2, 1, ...spatial.map((axis) => axis + 1)]);
    swapped = g.reshape(exchanged, [group * perGroup, m / group, ...kernel]);
  }
  if (kernel.every((k) => k === 1)) return swapped;
  if (c.needs(1) && c.type(weight) === "float32") {
    // A kernel that training changes is turned at every step; a product with the reversed unit matrix does it fastest.
    const size = kernel.reduce((a, b) => a * b, 1);
    const reversed = new Float32Array(size * size);
    for (let i = 0; i < size; i++) reversed[i * size + size - 1 - i] = 1;
    const rows = g.op("MatMul", [g.reshape(swapped, [-1, size]), g.constant(float32([size, size], reversed))]);
    return g.reshape(rows, group === 1 ? [perGroup, m, ...kernel] : [group * perGroup, m / group, ...kernel]);
  }
  return g.slice(
    swapped,
    kernel.map((k) => k - 1),
    kernel.map((k) => -k - 1),
    spatial,
    kernel.map(() => -1),
  );
}

/** Tensors of y = conv(x, w); for ConvTranspose x and y have changed places. */
interface Operands {
  x: string;
  dy: string;
  /** The tensor whose sizes dy has. */
  y: string;
  w: string;
}

/**
 * dw[m,c,k] = sum over n,o of x[n,c, o s + k d - p] dy[n,m,o]: a convolution that sums over the batch, where dy is the
 * kernel and strides and dilations change places. The channels of x become an axis of space over which that kernel
 * moves without being wide: one product of matrices [M, n o] and [n o, C k] instead of one per channel.
 */
function correlate(c: RuleContext, { x, dy, y, w }: Operands, window: Window): string {
  const { g } = c;
  const { kernel, strides, dilations, group } = window;
  const spatial = range(kernel.length, 2);
  const place = placementOf(c, window, x, y);
  let input = x;
  let pads = place && [...place.begin, ...place.end];
  if (!pads || kernel.length === 3) {
    // Padding that depends on sizes at run time, or for which the convolution has no axis left.
    const begin = beginAtRunTime(c, window, x, y);
    const reach = kernel.map((k, i) => dilations[i]! * (k - 1) + 1 - strides[i]!);
    const all = g.op("Add", [g.op("Mul", [g.sizes(y, spatial), g.ints(strides)]), g.ints(reach)]);
    const end = g.op("Max", [g.op("Sub", [all, g.op("Add", [begin, g.sizes(x, spatial)])]), g.ints([0])]);
    const around = g.op("Concat", [begin, end], { axis: { int: 0 } });
    input = padComputed(g, x, kernel.length + 2, spatial, around);
    pads = [...kernel, ...kernel].map(() => 0);
  }
  const patch = (c.fixed(x)[1] ?? Infinity) * sizeOf(kernel);
  const whole = place?.rest.every((rest, i) => rest < strides[i]!) ?? false;
  if (whole && group === 1 && c.type(x) === "float32" && patch <= smallPatch)
    return g.reshapeLike(patchProducts(c, { input, dy }, patch, { kernel, strides, dilations, pads }), w);
  const attributes = { strides: { ints: dilations }, dilations: { ints: strides }, pads: { ints: pads } };
  const exact = place?.rest.every((rest) => rest === 0) ?? false;
  const crop = (sums: string, axes: readonly number[]): string =>
    exact && strides.every((s) => s === 1)
      ? sums
      : g.slice(
          sums,
          kernel.map(() => 0),
          kernel,
          axes,
        );
  const asKernel = g.transpose(dy, [1, 0, ...spatial]);
  if (group === 1 && kernel.length === 2 && dilations[1] === 1) {
    // Channels last: rows of (column, channel), over which the kernel steps by whole columns.
    const channels = c.dims(x)[1]!;
    const rows = g.op("Reshape", [
      g.transpose(input, [0, 2, 3, 1]),
      g.op("Concat", [g.ints([1]), g.sizes(input, [0, 2]), g.ints([-1])], { axis: { int: 0 } }),
    ]);
    const [top, left, bottom, right] = pads as [number, number, number, number];
    const sums = g.op("Conv", [rows, asKernel], {
      strides: { ints: [dilations[0]!, 1] },
      dilations: { ints: [strides[0]!, strides[1]! * channels] },
      pads: { ints: [top, left * channels, bottom, right * channels] },
    });
    const [high, wide] = kernel as [number, number];
    const kept =
      exact && strides.every((s) => s === 1) ? sums : g.slice(sums, [0, 0], [high, wide * channels], spatial);
    const last = g.reshape(kept, [-1, high * wide, channels]);
    // Written as an einsum because a transposition is moved by the engine behind the optimiser's steps, and doubled.
    return g.reshape(g.op("Einsum", [last], { equation: { string: "mkc->mck" } }), [-1, channels, high, wide]);
  }
  if (group === 1 && kernel.length < 3) {
    const n = kernel.length;
    const sums = g.op("Conv", [g.unsqueeze(input, [0]), g.unsqueeze(asKernel, [2])], {
      strides: { ints: [1, ...dilations] },
      dilations: { ints: [1, ...strides] },
      pads: { ints: [0, ...pads.slice(0, n), 0, ...pads.slice(n)] },
    });
    return g.reshapeLike(
      crop(
        sums,
        spatial.map((axis) => axis + 1),
      ),
      w,
    );
  }
  const [, , high, wide] = c.fixed(y);
  const each = c.dims(w)[0] === group && c.dims(w)[1] === 1;
  const known = place !== undefined && kernel.length === 2 && c.fixed(x)[3] !== undefined;
  if (known && each && c.type(x) === "float32" && high && wide && wide >= narrowest && wide <= widest)
    return g.reshapeLike(depthwiseProducts(c, { x, dy, pads, high, wide }, window), w);
  // Groups stay groups: channels (group, n).
  const channels = c.dims(x)[1]! / group;
  let columns: string;
  if (group === 1) columns = g.transpose(input, [1, 0, ...spatial]);
  else {
    const sizes = g.sizes(input, spatial);
    const concat = (...parts: string[]): string => g.op("Concat", parts, { axis: { int: 0 } });
    const split = g.op("Reshape", [input, concat(g.ints([0, group, channels]), sizes)]);
    const turnedRound = g.transpose(split, [2, 1, 0, ...spatial.map((axis) => axis + 1)]);
    columns = g.op("Reshape", [turnedRound, concat(g.ints([channels, -1]), sizes)]);
  }
  const sums = g.op("Conv", [columns, asKernel], { ...attributes, group: { int: group } });
  return g.reshapeLike(g.transpose(crop(sums, spatial), [1, 0, ...spatial]), w);
}

/** Most elements of a patch that are cheaper to copy than to sum over one image row by image row. */
const smallPatch = 32;

/**
 * dw[m,(c,k)] = sum over n,o of dy[n,m,o] patch[n,(c,k),o]: products of matrices, for inputs of few channels. The patches
 * are a convolution with a kernel of single ones.
 */
function patchProducts(
  { g }: RuleContext,
  { input, dy }: { input: string; dy: string },
  size: number,
  { kernel, strides, dilations, pads = [] }: Omit<Window, "group">,
): string {
  const ones = new Float32Array(size * size);
  for (let i = 0; i < size; i++) ones[i * size + i] = 1;
  const patches = g.op("Conv", [input, g.constant(float32([size, size / sizeOf(kernel), ...kernel], ones))], {
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
  });
  const rows = g.transpose(g.reshape(patches, [0, size, -1]), [0, 2, 1]);
  const products = g.op("MatMul", [g.reshape(dy, [0, 0, -1]), rows]);
  return g.reduceSum(products, [0], false);
}

/** Widths of maps for which products of whole rows are quicker than sums for each channel by itself. */
const [narrowest, widest] = [6, 128];

/**
 * dw[c,(i,j)] = sum over n,p,q of x[c,n,p s + i d, q s + j d] dy[c,n,p,q], a channel each: for every i one product of
 * matrices [columns of x, n p] and [n p, q], of which the entries (q s + j d, q) are summed. More is multiplied than is
 * needed, but as products of matrices.
 */
function depthwiseProducts(
  { g, dims }: RuleContext,
  { x, dy, pads, high, wide }: { x: string; dy: string; pads: readonly number[]; high: number; wide: number },
  { kernel, strides, dilations }: Window,
): string {
  const channels = dims(x)[1]!;
  const [rows, columns] = kernel as [number, number];
  const [top, left, bottom, right] = pads as [number, number, number, number];
  const byChannel = g.transpose(x, [1, 0, 2, 3]);
  const around = pads.some((pad) => pad !== 0)
    ? padAlong(g, byChannel, 4, [2, 3], [top, left], [bottom, right])
    : byChannel;
  const across = dims(x)[3]! + left + right;
  const gradients = g.reshape(g.transpose(dy, [1, 0, 2, 3]), [channels, -1, wide]);
  const diagonals = new Float32Array(across * wide * columns);
  for (let j = 0; j < columns; j++)
    for (let q = 0; q < wide; q++) diagonals[((q * strides[1]! + j * dilations[1]!) * wide + q) * columns + j] = 1;
  const chosen = g.constant(float32([across * wide, columns], diagonals));
  const sums = range(rows).map((i) => {
    const from = i * dilations[0]!;
    const met = g.slice(around, [from], [from + (high - 1) * strides[0]! + 1], [2], [strides[0]!]);
    const turned = g.transpose(g.reshape(met, [channels, -1, across]), [0, 2, 1]);
    return g.op("MatMul", [g.reshape(g.op("MatMul", [turned, gradients]), [channels, across * wide]), chosen]);
  });
  return sums.length === 1 ? sums[0]! : g.op("Concat", sums, { axis: { int: 1 } });
}

function channelSums(g: GraphBuilder, dy: string, spatialAxes: number): string {
  return g.reduceSum(dy, [0, ...range(spatialAxes, 2)], false);
}

/** y = transposed convolution of x with w [C, M/g, k...]: the gradients are those of Conv with the roles exchanged. */
function convTranspose(c: RuleContext): (string | undefined)[] {
  const { g } = c;
  const kernel = c.dims(c.I(1)).slice(2);
  const window = { ...windowOf(c, kernel), pads: transposePads(c, kernel) };
  const { strides, dilations, pads, group } = window;
  let dx: string | undefined;
  if (c.needs(0)) {
    const full = g.op("Conv", [c.GO(0), c.I(1)], {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: { ints: pads },
      group: { int: group },
    });
    // Output padding of a stride or more would give a window too many.
    const axes = range(kernel.length, 2);
    const extra = attributeInts(c.node, "output_padding");
    const exact = !attributeInts(c.node, "output_shape") && !extra?.some((more, i) => more >= strides[i]!);
    dx = exact ? full : g.op("Slice", [full, g.ints(axes.map(() => 0)), g.sizes(c.I(0), axes), g.ints(axes)]);
  }
  return [
    dx,
    c.needs(1) ? correlate(c, { x: c.GO(0), dy: c.I(0), y: c.I(0), w: c.I(1) }, window) : undefined,
    c.needs(2) ? channelSums(g, c.GO(0), kernel.length) : undefined,
  ];
}

/** ConvTranspose's pads; where `output_shape` or `auto_pad` rule, they follow from the sizes. */
function transposePads(c: RuleContext, kernel: readonly number[]): number[] {
  const auto = attributeString(c.node, "auto_pad", "NOTSET");
  const given = attributeInts(c.node, "pads") ?? [...kernel, ...kernel].map(() => 0);
  if ((auto === "NOTSET" || auto === "VALID") && !attributeInts(c.node, "output_shape")) return given;
  const { strides, dilations } = windowOf(c, kernel);
  const sizes = c.fixed(c.I(0)).slice(2);
  const outputs = c.fixed(c.O(0)).slice(2);
  if (sizes.includes(undefined) || outputs.includes(undefined)) {
    throw c.refuse("output_shape or auto_pad together with spatial sizes that are free is not supported");
  }
  const extra = attributeInts(c.node, "output_padding") ?? kernel.map(() => 0);
  // Never negative: where `output_shape` asks for more, the output is longer at its end instead.
  const total = sizes.map((size, i) => {
    const natural = strides[i]! * (size! - 1) + extra[i]! + dilations[i]! * (kernel[i]! - 1) + 1;
    return Math.max(0, natural - outputs[i]!);
  });
  const begin = total.map((sum) => (auto === "SAME_UPPER" ? Math.floor(sum / 2) : Math.ceil(sum / 2)));
  if (auto === "NOTSET") total.forEach((sum, i) => (begin[i] = Math.floor(sum / 2)));
  return [...begin, ...total.map((sum, i) => sum - begin[i]!)];
}

export const convolution: RuleTable = { Conv: always(conv), ConvTranspose: always(convTranspose) };
