/** @file Gradients of convolutions, as convolutions. */
import { attributeInt, attributeInts } from "../../onnx/index.ts";
import type { GraphBuilder } from "../../onnx/index.ts";
import { always, type RuleContext, type RuleTable } from "../rule.ts";
import { windowPads } from "./window.ts";

interface Window {
  kernel: readonly number[];
  strides: readonly number[];
  dilations: readonly number[];
  pads: readonly number[];
  group: number;
}

/** y[n,m,o] = sum over c,k of x[n,c, o s + k d - p] w[m,c,k] + b[m] */
function conv(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const weight = c.dims(c.I(1));
  const kernel = weight.slice(2);
  const strides = attributeInts(node, "strides") ?? kernel.map(() => 1);
  const dilations = attributeInts(node, "dilations") ?? kernel.map(() => 1);
  const group = attributeInt(node, "group", 1);
  const { pads, outputPadding } = windowPads(c, kernel, strides, dilations);
  const window = { kernel, strides, dilations, pads, group };
  return [
    c.needs(0) ? convInput(c, window, outputPadding) : undefined,
    c.needs(1) ? correlate(c, c.I(0), c.GO(0), window) : undefined,
    c.needs(2) ? channelSums(g, c.GO(0), kernel.length) : undefined,
  ];
}

/**
 * The gradient of a convolution's input is the transposed convolution of dy. With stride 1 that is a convolution with
 * the kernel turned round, which runtimes compute faster than ConvTranspose; a constant kernel is turned at load time.
 */
function convInput(c: RuleContext, window: Window, outputPadding: readonly number[]): string {
  const { g } = c;
  const { kernel, strides, dilations, pads, group } = window;
  const turnedPads = [...kernel, ...kernel].map((k, i) => dilations[i % kernel.length]! * (k - 1) - pads[i]!);
  if (strides.every((s) => s === 1) && turnedPads.every((pad) => pad >= 0)) {
    return g.op("Conv", [c.GO(0), turned(c, c.I(1), group)], {
      kernel_shape: { ints: kernel },
      dilations: { ints: dilations },
      pads: { ints: turnedPads },
      group: { int: group },
    });
  }
  return g.op("ConvTranspose", [c.GO(0), c.I(1)], {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
    group: { int: group },
    output_padding: { ints: outputPadding },
  });
}

/** [M, C/g, k...] to [C, M/g, k...] with every kernel axis reversed. */
function turned(c: RuleContext, weight: string, group: number): string {
  const { g } = c;
  const [m, perGroup, ...kernel] = c.dims(weight) as [number, number, ...number[]];
  const spatial = kernel.map((_, i) => i + 2);
  let swapped: string;
  if (group === 1) swapped = g.transpose(weight, [1, 0, ...spatial]);
  else {
    const split = g.reshape(weight, [group, m / group, perGroup, ...kernel]);
    const exchanged = g.transpose(split, [0, 2, 1, ...spatial.map((axis) => axis + 1)]);
    swapped = g.reshape(exchanged, [group * perGroup, m / group, ...kernel]);
  }
  if (kernel.every((k) => k === 1)) return swapped;
  return g.slice(
    swapped,
    kernel.map((k) => k - 1),
    kernel.map((k) => -k - 1),
    spatial,
    kernel.map(() => -1),
  );
}

/**
 * dw[m,c,k] = sum over n,o of x[n,c, o s + k d - p] dy[n,m,o]: a convolution that sums over the batch, where dy is the
 * kernel and strides and dilations change places. Groups stay groups: its channels are (group, n).
 */
function correlate(c: RuleContext, x: string, dy: string, window: Window): string {
  const { g } = c;
  const { kernel, strides, dilations, pads, group } = window;
  const spatial = kernel.map((_, i) => i + 2);
  const later = spatial.map((axis) => axis + 1);
  const dims = c.dims(x);
  const channels = dims[1]!;
  const outputs = c.dims(dy)[1]!;
  let input: string;
  let asKernel: string;
  if (group === 1) {
    input = g.transpose(x, [1, 0, ...spatial]);
    asKernel = g.transpose(dy, [1, 0, ...spatial]);
  } else {
    // [N, g, C/g, ...] to [C/g, g N, ...]
    const split = g.reshape(x, [0, group, channels / group, ...dims.slice(2)]);
    input = g.reshape(g.transpose(split, [2, 1, 0, ...later]), [channels / group, -1, ...dims.slice(2)]);
    asKernel = g.transpose(dy, [1, 0, ...spatial]);
  }
  const sums = g.op("Conv", [input, asKernel], {
    strides: { ints: dilations },
    dilations: { ints: strides },
    pads: { ints: pads },
    group: { int: group },
  });
  // Inputs beyond the last window make the result longer than the kernel.
  const exact = c
    .dims(x)
    .slice(2)
    .every((size, i) => {
      const reach = size + pads[i]! + pads[i + kernel.length]! - ((c.dims(dy)[i + 2]! - 1) * strides[i]! + 1);
      return Math.floor(reach / dilations[i]!) + 1 === kernel[i];
    });
  const cropped = exact
    ? sums
    : g.slice(
        sums,
        kernel.map(() => 0),
        kernel,
        spatial,
      );
  return g.reshape(g.transpose(cropped, [1, 0, ...spatial]), [outputs, channels / group, ...kernel]);
}

function channelSums(g: GraphBuilder, dy: string, spatialAxes: number): string {
  return g.reduceSum(dy, [0, ...Array.from({ length: spatialAxes }, (_, i) => i + 2)], false);
}

/** y = transposed convolution of x with w [C, M/g, k...]: the gradients are those of Conv with the roles exchanged. */
function convTranspose(c: RuleContext): (string | undefined)[] {
  const { g, node } = c;
  const weight = c.dims(c.I(1));
  const kernel = weight.slice(2);
  const strides = attributeInts(node, "strides") ?? kernel.map(() => 1);
  const dilations = attributeInts(node, "dilations") ?? kernel.map(() => 1);
  const group = attributeInt(node, "group", 1);
  const pads = transposePads(c, kernel, strides, dilations);
  const window = { kernel, strides, dilations, pads, group };
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
    const sizes = c.dims(c.I(0)).slice(2);
    dx = g.slice(
      full,
      sizes.map(() => 0),
      sizes,
      sizes.map((_, i) => i + 2),
    );
    if (sizes.every((size, i) => gives(c.dims(c.O(0))[i + 2]!, i, window) === size)) dx = full;
  }
  return [
    dx,
    c.needs(1) ? correlate(c, c.GO(0), c.I(0), window) : undefined,
    c.needs(2) ? channelSums(g, c.GO(0), kernel.length) : undefined,
  ];
}

/** The length that Conv gives along spatial axis i. */
function gives(size: number, i: number, { kernel, strides, dilations, pads }: Window): number {
  const padded = size + pads[i]! + pads[i + kernel.length]!;
  return Math.floor((padded - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
}

/** ConvTranspose's pads; where `output_shape` or `auto_pad` rule, they follow from the observed sizes. */
function transposePads(
  c: RuleContext,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): number[] {
  const given = attributeInts(c.node, "pads");
  const outputShape = attributeInts(c.node, "output_shape");
  if (given && !outputShape) return given;
  const sizes = c.dims(c.I(0)).slice(2);
  const outputs = c.dims(c.O(0)).slice(2);
  const extra = attributeInts(c.node, "output_padding") ?? kernel.map(() => 0);
  // Never negative: where `output_shape` asks for more, the output is longer at its end instead.
  const total = sizes.map((size, i) => {
    const natural = strides[i]! * (size - 1) + extra[i]! + dilations[i]! * (kernel[i]! - 1) + 1;
    return Math.max(0, natural - outputs[i]!);
  });
  const begin = total.map((sum) => Math.floor(sum / 2));
  return [...begin, ...total.map((sum, i) => sum - begin[i]!)];
}

export const convolution: RuleTable = { Conv: always(conv), ConvTranspose: always(convTranspose) };
